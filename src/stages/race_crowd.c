/* race_crowd.c owns servers that turn us away for too many connections, or for too fast ones: what was asked there nobody has heard. */
#include "stages/race.h"

#define MS 1000LL

enum { TOLD_WITHIN = 400 }; /* longer replies are not a door closed in our face */

/* How it is said: by ircds, ftp and mail servers, databases. Lower case. */
static const char *const words[] = {"too many connections", "too many simultaneous", "too many concurrent", "too many open connections",
    "too many sessions", "too many users", "too many clients", "connecting too fast", "reconnect too fast", "connection limit",
    "maximum number of connections", "max connections reached", "connections limit"};

/* Each time it is waited longer before the next question; then the answer is taken for what it is. */
static const int64_t waits[] = {300 * MS, 1000 * MS, 2000 * MS};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool says(struct bytes text, const char *word)
{
    for (size_t at = 0; at < text.len; at++) {
        size_t n = 0;
        while (word[n] && at + n < text.len && lower(text.at[at + n]) == (uint8_t)word[n])
            n++;
        if (!word[n])
            return true;
    }
    return false;
}

static bool is_refusal(struct bytes reply)
{
    if (reply.len > TOLD_WITHIN)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(reply, words[i]))
            return true;
    return false;
}

bool race_is_turned_away(struct task *t, struct race *r, struct lane *l, struct bytes answer)
{
    if (race_is_udp(t) || r->turned_away == sizeof waits / sizeof *waits || !is_refusal(answer))
        return false;
    r->quiet_until = task_now(t) + waits[r->turned_away++];
    race_take_back(r, r->asked[l->number].probe);
    race_go_single(t, r, l);
    return true;
}

bool race_keeps_quiet(struct task *t, const struct race *r)
{
    return r->quiet_until > task_now(t);
}
