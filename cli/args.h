/* args.h owns the reading of the command line: which word is an option, which its value, which a target. */
#ifndef DESCRY_CLI_ARGS_H
#define DESCRY_CLI_ARGS_H

#include "descry/descry.h"

/* What is the command's own, not the library's. */
struct args {
    bool help;
    bool version;
    bool takes_stdout;                  /* a report goes to standard output (-oX -): no normal output beside it */
};

/* Sets everything on `d`. False with one line in `why` (of `size` bytes). */
bool args_read(descry *d, int argc, char **argv, struct args *out, char *why, size_t size);

#endif
