/** What the command line can be asked for, in the order of the help. */
export const COMMANDS = {
  generate: { takes: 'PROMPT', help: 'make a film: shows what is going to be made, and asks' },
  demo: { takes: '[PROMPT]', help: 'make a short film with the simulated models, without asking' },
  resume: { takes: 'ID', help: 'go on after a stop, a crash or a wait; saves the film of a project that is complete' },
  status: { takes: 'ID', help: 'what has become of it, in one line' },
  show: { takes: 'ID', help: 'its settings, plan and artifacts' },
  plan: { takes: 'ID', help: 'what is made, remade, reused and paid, as it stands or as flags would change it' },
  revise: { takes: 'ID', help: 'change it; only what that changes is made anew, by the next `resume`' },
  approve: { takes: 'ID', help: 'open the gate that it waits at: shows the plan, and asks' },
  list: { takes: '', help: 'all projects, newest first' },
  stitch: { takes: 'ID', help: 'join the clips again, with another --transition; nothing is bought' },
  fork: { takes: 'ID', help: 'begin a new project with all that this one has made, as it is or changed by flags' },
  export: { takes: 'ID FOLDER', help: 'write all of it to a new folder: log, bytes, and how everything was made' },
  import: { takes: 'FOLDER', help: 'begin a new project with all that is in an exported folder; nothing is bought' },
  archive: { takes: 'ID FOLDER', help: 'export it, check the folder, and delete it here' },
  delete: { takes: 'ID', help: 'delete it for good; its bytes are freed by `sweep`' },
  sweep: { takes: '', help: 'free the bytes that no project names' },
  ledger: { takes: 'ID', help: 'its money, call by call; --csv and --json for programs' },
  verify: {
    takes: 'ID',
    help: 'whether its money adds up: with its prices, its pools and, with --bill, what was billed',
  },
  metrics: { takes: '', help: 'projects, money, calls and times of models, over all projects' },
  limits: { takes: '', help: 'what the models take at once, and how many projects run' },
  usage: { takes: '', help: 'bytes by project, shared, named by none, under way' },
  block: { takes: 'ID DIGEST REASON', help: 'take a still, clip or film out of use; `resume` makes what is missing' },
  stop: { takes: 'ID', help: 'stop a run, also one of another process' },
  resolve: {
    takes: 'CALL ANSWER',
    help: 'answer a call nobody can tell of: charged, not-charged, resubmit or abandon',
  },
} as const;

/** A command by its name. */
export type CommandName = keyof typeof COMMANDS;
