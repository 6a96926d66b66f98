/* rpc.h owns `descry rpc`: which ONC RPC programs a host serves, whether or not its portmapper says so. */
#ifndef DESCRY_CLI_RPC_H
#define DESCRY_CLI_RPC_H

/* The whole command line. Gives the exit code. */
int rpc_command(int argc, char **argv);

#endif
