// PostgreSQL and pgbouncer, for the tests of the store in it: installed with apt-get where we may. Where they can not be had, what needs them says that it is skipped.
import { installMissing } from './install-missing.mjs';

installMissing(['postgresql', 'pgbouncer']);
