/** A test by its file and its title as it stands there. */
export interface Proof {
  readonly file: string;
  readonly title: string;
}

/** A fault, what is required of it, and the tests that show it. */
export interface Row {
  readonly fault: string;
  readonly required: string;
  readonly proofs: readonly Proof[];
  /** What is not shown yet. */
  readonly todo?: string;
}

const row = (
  fault: string,
  required: string,
  files: Readonly<Record<string, readonly string[]>>,
  todo?: string,
): Row => ({
  fault,
  required,
  proofs: Object.entries(files).flatMap(([file, titles]) => titles.map((title) => ({ file, title }))),
  ...(todo === undefined ? {} : { todo }),
});

const OS = 'faults/os.test.ts';

/** Faults of processes, machines and files. */
const MACHINE: readonly Row[] = [
  row('kill -9 at every await and commit', 'a resume goes on; no step runs again after its checkpoint', {
    'world/simulation.test.ts': ['for a crash at every probe of a written film, and for random projects'],
    'crash/kill.test.ts': ['is killed in every phase, goes on, and is billed what it charged (%s)'],
    'crash/google-kill.test.ts': [
      'on Vertex with a bucket the clip is found by its folder: one bill, and nobody is asked',
      'with an API key nobody can tell: you are asked, and no second clip is bought before the answer',
    ],
  }),
  row('kill inside a write of SQLite or of a file', 'atomic', {
    [OS]: ['$call $nth meets $fault: resumed, all holds and nothing is bought twice'],
    'storage-adapters/sqlite-append.test.ts': ['may be killed at any time: what was acknowledged is there'],
  }),
  row('no space for the database, the assets or bytes under way', 'waits, nothing is lost, nothing is bought twice', {
    [OS]: ['for the $part of $size, read only: $readOnly, is waited for; nothing is bought twice'],
    'pipeline/full-disk.test.ts': [
      'for the database: what is sent was written down, and what came is written once there is room',
    ],
    'engine/retention.test.ts': [
      'that is lacking is waited for before anything is bought, and nothing is bought twice',
    ],
    'media/hazards.test.ts': ['leaves the film before and nothing else'],
  }),
  row('a folder that is read only or missing, no open files left', 'nothing is bought where nothing can be written', {
    [OS]: [
      'for the $part of $size, read only: $readOnly, is waited for; nothing is bought twice',
      'runs out of open files on its way',
    ],
    'pipeline/full-disk.test.ts': ['for the database: a typed error before anything is sent'],
    'pipeline/bad-settings.test.ts': ['is not blamed for a work folder that can not be made'],
  }),
  row('another writer in SQLite', 'no event is lost', {
    [OS]: ['waits for another writer, and loses no event'],
    'storage-adapters/sqlite-append.test.ts': ['waits for another writer, then says who to look for'],
  }),
  row(
    'a database that is corrupt, cut, empty, or without its -wal file',
    'a typed error, no new call, never made anew',
    {
      'pipeline/bad-database.test.ts': [
        'a database that %s: %s, nothing is sent; put back, all is there',
        'a database whose -wal file was lost is refused, and nothing is sent',
        'whichever page is spoilt, the film is made or a typed error comes and nothing was sent',
        'a half-made film whose %s is refused, and nothing more is bought; put back, it is finished',
      ],
      'storage-adapters/sqlite-file.test.ts': ['stops its writes, and close saves what was acknowledged'],
    },
  ),
  row(
    'several processes resume one project',
    'one drives, the others are told who; a frozen one decides nothing more',
    {
      [OS]: ['of several that resume at once drives, killed after %s'],
      'pipeline/two-processes.test.ts': [
        'of several processes on one project one works; the others are told who does, and send nothing',
      ],
      'crash/frozen.test.ts': ['frozen $point, goes on $end ($keys): nothing paid is lost, nothing is paid twice'],
    },
  ),
  row('a wall clock that is set, 2038', 'order by seq, durations by the monotonic clock', {
    'faults/clock.test.ts': [
      'the wall clock is set $jump after $moment: order kept, no early deadline, no stolen lease, nothing bought twice',
    ],
    'engine/recovery.test.ts': [
      'is waited for as long when the wall clock is set meanwhile, by %i ms: its sender may still send it',
    ],
    'engine/calls.test.ts': ['an operation is waited for as long when the wall clock is set at its %s by %i ms'],
  }),
  row('ffmpeg that is missing, old, broken or never ends', 'the film before stays; joined anew it costs nothing', {
    'faults/ffmpeg.test.ts': [
      'a film is joined by an ffmpeg that %s: the one before stays, nothing is left, nothing is bought',
      'joined anew by a good one it costs nothing',
    ],
    'media/hazards.test.ts': ['%s is ended at the cap', 'asks on standard input and gets none'],
    'pipeline/missing-ffmpeg.test.ts': ['that %s: is told how to install it before a project is made'],
  }),
];

/** Faults of providers and of the way to them. */
const PROVIDER: readonly Row[] = [
  row('429, 500, 503 on a submission', '429 is not accepted and waits; 5xx may be accepted: billed once', {
    'providers/google/once.test.ts': ['is sent once under %s'],
    'engine/calls.test.ts': ['a rate limit waits as long as it was told'],
    'engine/retry.test.ts': ['waits half a second, doubling up to half a minute'],
  }),
  row('the same on a look', 'looked again, the call stays', {
    'faults/provider.test.ts': ['fifty looks that fail end nothing: each clip is sent once'],
  }),
  row(
    'connections that time out or break before, in and after a body',
    'before: safe; after: unknown; a download again',
    {
      'providers/google/errors.test.ts': [
        'was perhaps taken when the connection is reset, and is not sent again',
        'was perhaps taken at its deadline, and is not sent again',
        'was not taken where nobody listens',
      ],
      'engine/outputs.test.ts': ['is fetched again after a fault that passes, and after a checksum that differs'],
    },
  ),
  row('a clip that is cut', 'fetched again, then refused as bad output', {
    'engine/outputs.test.ts': [
      'is fetched again where it was cut on its way and nobody has said how long it is; nothing is bought again',
      'and is no picture each time ends its call as bad output, which is charged',
      'is taken when its checksum fits',
      'half a picture, whose head is whole',
    ],
  }),
  row('bytes that are none: junk, another type, nothing, far too many', 'a typed error, nothing temporary is left', {
    'engine/outputs.test.ts': ['a picture that can not be decoded to its end is not taken'],
    'provider-kit/download.test.ts': ['is limited, whether announced or not'],
  }),
  row('an operation that is lost', 'looked up, never sent again blindly', {
    'providers/google/veo-check.test.ts': ['is taken from its folder', 'is lost when its folder is empty'],
    'engine/calls.test.ts': ['look-up: what is found is adopted, and sent once'],
  }),
  row('done without a video and without an error', 'a typed failure of unknown charge, no crash on resume', {
    'providers/google/veo-check.test.ts': ['finds that nothing was made (%#)'],
    'faults/provider.test.ts': ['a job that is done without anything is bought anew by policy, and resumes go on'],
  }),
  row('done with an error', 'passing, by policy or invalid; new calls are counted', {
    'providers/google/errors.test.ts': ['has failed and is free (%#)'],
    'engine/faults.test.ts': ['%s: %s'],
  }),
  row('filtered outputs: all, some, no reasons', 'usable ones are kept, filtered ones are free, remedies end', {
    'providers/google/veo-check.test.ts': [
      'is blocked also where Google gives no reason',
      'leaves the other videos, which alone are charged',
    ],
    'engine/remedies.test.ts': [
      'keeps what is usable of a reply that a filter took a part of, and says what it took',
      'is refused with all codes, the others go on, and the next run buys nothing',
    ],
  }),
  row('an operation that never ends', 'overdue: still looked at, never sent again', {
    'engine/calls.test.ts': [
      'an operation past its deadline is overdue, is never sent again, and is taken when it comes',
    ],
  }),
  row('a link that has expired', 'fetched at once; else typed, and no loop', {
    'engine/outputs.test.ts': [
      'that never comes fails its step, says why without the signature, and counts as charged',
      'a clip that can not be fetched for minutes is looked at again, and not bought again',
    ],
  }),
  row('the answer to an upload is lost', 'one object', {
    'storage-adapters/gcs.test.ts': ['whose answer is lost has stored one object: tried again it is done'],
  }),
];

/** Faults of those who use the library. */
const USE: readonly Row[] = [
  row('a stop in every phase', 'nothing is bought after it; what runs is kept or cancelled', {
    'engine/stop.test.ts': ['intends nothing more; a clip that cannot be cancelled is kept, and taken by the next run'],
    'crash/shutdown.test.ts': [
      'SIGTERM as a clip is asked for, then while it is made: another process makes the film, the clip asked for once',
    ],
  }),
  row('a budget that is hit', 'exactly what fits is sent; raised, it goes on', {
    'faults/provider.test.ts': ['of sixteen clips at once exactly those are sent that fit'],
    'engine/calls.test.ts': [
      'waits with what is missing when the next call does not fit, and goes on when the cap is raised',
    ],
    'engine/late-facts.test.ts': ['what nobody can tell of stays held: nothing is bought that would not fit beside it'],
  }),
  row('a listener that throws, is slow or gone', 'the run goes on', {
    'pipeline/film.test.ts': ['goes on when a listener throws'],
  }),
  row('a crash in a fork or an expansion', 'all or nothing; the parent is as it was', {
    'engine/fork.test.ts': ['has made all of it, or nothing'],
  }),
  row('a crash in a deletion or a sweep, beside runs and forks', 'nothing that is needed is missing', {
    'world/retention.test.ts': [
      'for ever, at every probe: what lives is whole, and another process finishes it',
      'and goes on late, at every probe: what was made or forked meanwhile is whole',
    ],
  }),
  row(
    'a database of an older version, of a newer one',
    'opened and resumed without buying again; refused',
    { 'storage-adapters/sqlite-file.test.ts': ['refuses a newer schema and leaves it'] },
    'databases, assets and archives of earlier versions in tests/fixtures/golden',
  ),
];

/** Every fault that the library is held against, 27 in all. */
export const ROWS: readonly Row[] = [...MACHINE, ...PROVIDER, ...USE];
