/* main.c owns the command: it reads the arguments, opens what it prints to, and lets the library do the rest. */
#include "args.h"
#include "db.h"
#include "rpc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: descry [OPTIONS] TARGET...\n"
                            "       descry match [--probe-db FILE] < REPLIES.jsonl\n"
                            "       descry rpc [-p PORTS] [--json] HOST...\n"
                            "       descry db check FILE... | db show [SERVICE] | db export\n";

static void print_help(void)
{
    const char *group = "";
    struct descry_option o;
    printf("%s\ndescry tells what is really listening behind the ports of a network. Scan only where you may.\n", usage);
    for (size_t i = 0; descry_option_at(i, &o); i++) {
        char left[64];
        if (!o.help)
            continue;
        if (strcmp(group, o.group) != 0)
            printf("\n%s\n", o.group);
        group = o.group;
        snprintf(left, sizeof left, "%s%s%s", o.name, o.argument ? " " : "", o.argument ? o.argument : "");
        printf("  %-26s %s\n", left, o.help);
    }
    printf("\nOther\n  %-26s %s\n  %-26s %s\n", "-h, --help", "this text", "-V, --version", "the version");
}

static void print_message(void *owner, const char *text)
{
    fprintf(stderr, "descry: %s\n", text);
}

static int fail(descry *d, int code, const char *text)
{
    fflush(stdout);
    fprintf(stderr, "descry: %s\n", text);
    descry_free(d);
    return code;
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static void remember_command(descry *d, int argc, char **argv)
{
    size_t length = 1;
    for (int i = 0; i < argc; i++)
        length += strlen(argv[i]) + 1;
    char *line = calloc(length, 1);
    for (int i = 0; line && i < argc; i++) {
        strcat(line, i ? " " : "");
        strcat(line, argv[i]);
    }
    descry_set_command(d, line ? line : "descry");
    free(line);
}

static int match_command(int argc, char **argv)
{
    descry *d = descry_new();
    struct args args;
    char why[512];
    descry_on_message(d, print_message, NULL);
    if (!args_read(d, argc, argv, &args, why, sizeof why))
        return fail(d, DESCRY_USAGE, why);
    if (args.help) {
        printf("%s\nReads one JSON object a line, {\"id\", \"proto\", \"port\", \"probe\", \"response\": base64}, and writes one line for "
               "each.\n",
            usage);
        descry_free(d);
        return 0;
    }
    int rc = descry_match_lines(d, stdin, stdout);
    if (rc != DESCRY_OK)
        return fail(d, rc, descry_error(d));
    descry_free(d);
    return 0;
}

static int scan_command(int argc, char **argv)
{
    descry *d = descry_new();
    struct args args;
    char why[512];
    descry_on_message(d, print_message, NULL);
    if (!args_read(d, argc - 1, argv + 1, &args, why, sizeof why))
        return fail(d, DESCRY_USAGE, why);
    if (args.help || args.version || argc == 1) {
        if (args.version)
            printf("descry %s\n", descry_version());
        else if (args.help)
            print_help();
        else
            fprintf(stderr, "%sdescry --help lists the options.\n", usage);
        descry_free(d);
        return argc == 1 ? DESCRY_USAGE : 0;
    }
    remember_command(d, argc, argv);
    descry_stop_on_signals(d);
    if (!args.takes_stdout)
        descry_add_output(d, "normal", stdout, wants_colour());
    if (isatty(STDERR_FILENO))
        descry_set_progress(d, stderr);
    int rc = descry_run(d);
    if (rc == DESCRY_USAGE || rc == DESCRY_FAILED)
        return fail(d, rc, descry_error(d));
    descry_free(d);
    return rc;
}

static int run(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "match") == 0)
        return match_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "db") == 0)
        return db_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "rpc") == 0)
        return rpc_command(argc, argv);
    return scan_command(argc, argv);
}

int main(int argc, char **argv)
{
    int rc = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "descry: the output cannot be written\n");
        rc = rc ? rc : DESCRY_FAILED;
    }
    fflush(stderr);
    _exit(rc); /* a name still being looked up on another thread must not hold the end up */
}
