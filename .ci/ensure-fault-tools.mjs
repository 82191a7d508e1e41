// strace and libfaketime, for faults in single system calls and clocks that are set: installed with apt-get where we may. Where they can not be had, what needs them says that it is skipped.
import { installMissing } from './install-missing.mjs';

installMissing(['strace', 'faketime']);
