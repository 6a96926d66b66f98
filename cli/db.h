/* db.h owns `descry db`: the probe files seen by those who write them. */
#ifndef DESCRY_CLI_DB_H
#define DESCRY_CLI_DB_H

/* `argv` begins after "db". Gives the exit code: 0, 1 (findings, or no output), 2 (wrong words, or a file that cannot be read). */
int db_command(int argc, char **argv);

#endif
