/* descry_test.c owns the tests of the public interface, seen from a program that includes nothing else. */
#include <descry/descry.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void replies_are_recognised(void **state)
{
    static const char banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
    struct descry_service s;
    bool soft;
    descry *d = descry_new();
    assert_true(descry_match(d, "tcp", "NULL", banner, sizeof banner - 1, &s, &soft));
    assert_false(soft);
    assert_string_equal(s.name, "ssh");
    assert_string_equal(s.product, "OpenSSH");
    assert_string_equal(s.version, "9.2p1");
    assert_int_equal(s.conf, 10);
    assert_non_null(strstr(s.cpe[0], "cpe:/a:openbsd:openssh:9.2p1"));
    assert_non_null(strstr(s.cpe23[0], "cpe:2.3:a:openbsd:openssh:9.2"));
    assert_false(descry_match(d, "tcp", "NULL", "\x01\x02", 2, &s, &soft));
    descry_free(d);
}

static void keep_finding(void *owner, const char *text)
{
    snprintf(owner, 256, "%s", text);
}

static void probe_files_are_checked_and_shown(void **state)
{
    char path[] = "/tmp/descry-test-XXXXXX", last[256] = "", *out = NULL;
    size_t length = 0;
    FILE *f = fdopen(mkstemp(path), "w"), *to = open_memstream(&out, &length);
    struct descry_db_counts n;
    fputs("Probe TCP NULL q||\nmatch a m|^A\x1b| cpe:/a:A:b/\nodd \x1b\n", f);
    fclose(f);
    descry *d = descry_new();
    assert_int_equal(descry_db_check(d, path, false, keep_finding, last, &n), DESCRY_FAILED);
    assert_int_equal(n.rules, 1);
    assert_int_equal(n.errors, 1);
    assert_int_equal(n.warnings, 1);
    assert_non_null(strstr(last, ":3:1: error: unknown directive"));
    assert_int_equal(descry_db_check(d, "/nonexistent", false, keep_finding, last, &n), DESCRY_USAGE);
    assert_non_null(strstr(descry_error(d), "/nonexistent"));
    assert_int_equal(descry_db_show(d, "no-such-service", to), DESCRY_USAGE);
    assert_int_equal(descry_db_show(d, "ssh", to), DESCRY_OK);
    fclose(to);
    assert_non_null(strstr(out, "p/OpenSSH/"));
    free(out);
    remove(path);
    descry_free(d);
}

static void lines_are_answered_in_order(void **state)
{
    static char in[] = "{\"id\":{\"a\":1},\"probe\":\"NULL\",\"response\":\"U1NILTIuMC1kcm9wYmVhcl8yMDIyLjgzDQo=\"}\n"
                       "\n"
                       "{\"id\":2,\"response\":\"!!\"}\n"
                       "{\"id\":\"x\",\"proto\":\"udp\",\"response\":\"AAAA\"}\n";
    char *out = NULL;
    size_t length = 0;
    FILE *from = fmemopen(in, sizeof in - 1, "r"), *to = open_memstream(&out, &length);
    descry *d = descry_new();
    assert_int_equal(descry_match_lines(d, from, to), DESCRY_OK);
    fclose(from);
    fclose(to);
    assert_non_null(strstr(out, "{\"id\":{\"a\":1},\"service\":\"ssh\",\"product\":\"Dropbear"));
    assert_non_null(strstr(out, "\n{\"id\":2,\"error\":"));
    assert_non_null(strstr(out, "\n{\"id\":\"x\"}\n"));
    free(out);
    descry_free(d);
}

static void mistakes_are_told(void **state)
{
    descry *d = descry_new();
    assert_int_equal(descry_set(d, "--version-intensity", "11"), DESCRY_USAGE);
    assert_non_null(strstr(descry_error(d), "0 to 9"));
    assert_int_equal(descry_set(d, "--no-such-option", NULL), DESCRY_USAGE);
    assert_int_equal(descry_add_output(d, "pdf", stdout, false), DESCRY_USAGE);
    assert_int_equal(descry_set(d, "-p", "1-"), DESCRY_OK);
    assert_string_equal(descry_error(d), "");
    assert_int_equal(descry_run(d), DESCRY_USAGE);
    assert_non_null(strstr(descry_error(d), "no target"));
    descry_free(d);
}

struct seen {
    unsigned hosts, open, closed;
};

static void on_host(void *owner, const struct descry_host *h)
{
    struct seen *seen = owner;
    seen->hosts++;
    for (size_t i = 0; i < h->port_count; i++) {
        seen->open += strcmp(h->ports[i].state, "open") == 0;
        seen->closed += strcmp(h->ports[i].state, "closed") == 0;
    }
}

/* A listening socket is enough: the kernel accepts. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &length), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void a_port_of_this_machine_is_found(void **state)
{
    struct seen seen = {0};
    char *report = NULL, port_text[8];
    size_t length = 0;
    uint16_t port;
    int fd = listen_somewhere(&port);
    FILE *to = open_memstream(&report, &length);
    descry *d = descry_new();
    snprintf(port_text, sizeof port_text, "%u", port);
    assert_int_equal(descry_set(d, "-p", port_text), DESCRY_OK);
    assert_int_equal(descry_set(d, "-n", NULL), DESCRY_OK);
    assert_int_equal(descry_set(d, "--no-identify", NULL), DESCRY_OK);
    descry_add_target(d, "127.0.0.1");
    descry_on_host(d, on_host, &seen);
    assert_int_equal(descry_add_output(d, "json", to, false), DESCRY_OK);
    assert_int_equal(descry_run(d), DESCRY_OK);
    descry_free(d);
    fclose(to);
    close(fd);
    assert_int_equal(seen.hosts, 1);
    assert_int_equal(seen.open, 1);
    assert_non_null(strstr(report, "\"state\":\"open\""));
    free(report);
}

static void options_are_listed(void **state)
{
    struct descry_option o;
    size_t n = 0;
    while (descry_option_at(n, &o)) {
        assert_int_equal(o.name[0], '-');
        n++;
    }
    assert_true(n > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_recognised),
        cmocka_unit_test(probe_files_are_checked_and_shown),
        cmocka_unit_test(lines_are_answered_in_order),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(a_port_of_this_machine_is_found),
        cmocka_unit_test(options_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
