// A user's project: compiled against dist, through `exports`, with skipLibCheck off.
import * as core from 'vidpipe';
import * as client from 'vidpipe/client';
import * as http from 'vidpipe/http';
import * as provider from 'vidpipe/provider';
import * as simulated from 'vidpipe/providers/simulated';
import * as storage from 'vidpipe/storage';
import * as filesystem from 'vidpipe/storage-adapters/filesystem';
import * as memory from 'vidpipe/storage-adapters/memory';
import * as postgres from 'vidpipe/storage-adapters/postgres';
import * as sqlite from 'vidpipe/storage-adapters/sqlite';
import * as testing from 'vidpipe/testing';

const all = [core, client, http, provider, simulated, storage, filesystem, memory, postgres, sqlite, testing];
console.log(all.map(Object.keys));
