/* args.c owns the forms that people type: -p22, -p 22, --top-ports=10, -sSU, -vv, -T4, -T aggressive, -oX-. */
#include "args.h"

#include <stdlib.h>
#include <string.h>

struct words {
    descry *d;
    struct args *out;
    char **at, **end;
    char *why;
    size_t size;
};

static bool wrong(struct words *w, const char *text, const char *word)
{
    snprintf(w->why, w->size, text, word);
    return false;
}

static bool set(struct words *w, const char *name, const char *value)
{
    if (descry_set(w->d, name, value) == DESCRY_OK)
        return true;
    snprintf(w->why, w->size, "%s", descry_error(w->d));
    return false;
}

static bool find(const char *name, size_t length, struct descry_option *out)
{
    for (size_t i = 0; descry_option_at(i, out); i++)
        if (strlen(out->name) == length && memcmp(out->name, name, length) == 0)
            return true;
    return false;
}

static const char *next_word(struct words *w)
{
    return w->at + 1 < w->end ? *++w->at : NULL;
}

static void notice_output(struct words *w, const char *name, const char *value)
{
    if (strncmp(name, "-o", 2) != 0 || strcmp(name, "-oA") == 0 || !value)
        return; /* -oA - writes files named "-.xml" and so on */
    w->out->takes_stdout |= strcmp(value, "-") == 0;
}

static bool apply(struct words *w, const struct descry_option *o, const char *value)
{
    if (o->argument && !value)
        value = next_word(w);
    notice_output(w, o->name, value);
    return set(w, o->name, value);
}

static bool long_option(struct words *w, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    struct descry_option o;
    if (!find(word, length, &o))
        return wrong(w, "there is no option %.60s (see descry --help)", word);
    if (equals && !o.argument)
        return wrong(w, "%.60s: this option takes no value", word);
    return apply(w, &o, equals ? equals + 1 : NULL);
}

/* -T4, -T 4, -T aggressive */
static bool timing(struct words *w, const char *rest)
{
    static const char *const names[] = {"paranoid", "sneaky", "polite", "normal", "aggressive", "insane"};
    char name[] = "-T0";
    const char *level = *rest ? rest : next_word(w);
    for (int i = 0; level && i < 6; i++) {
        char digit[2] = {(char)('0' + i), 0};
        if (strcmp(level, names[i]) != 0 && strcmp(level, digit) != 0)
            continue;
        name[2] = digit[0];
        return set(w, name, NULL);
    }
    return wrong(w, "-T: 0 to 5, or a name from paranoid to insane, is expected, not \"%.40s\"", level ? level : "");
}

/* -sSU: each letter is a scan of its own. */
static bool scan_letters(struct words *w, const char *letters)
{
    char name[] = "-s?";
    if (!*letters)
        return wrong(w, "%s: which scan? -sT, -sU, -sV, -sn", "-s");
    for (; *letters; letters++) {
        name[2] = *letters;
        struct descry_option o;
        if (!find(name, 3, &o))
            return wrong(w, "there is no scan -s%.20s (see descry --help)", letters);
        if (!set(w, name, NULL))
            return false;
    }
    return true;
}

/* -vvv, -dd */
static bool repeated(struct words *w, const char *word)
{
    char name[] = {'-', word[1], 0};
    for (const char *c = word + 1; *c; c++) {
        if (*c != word[1])
            return wrong(w, "there is no option %.60s (see descry --help)", word);
        if (!set(w, name, NULL))
            return false;
    }
    return true;
}

/* A short option with its value glued on: -p22, -oXfile, -iLfile. */
static bool glued(struct words *w, const char *word)
{
    for (size_t length = 3; length >= 2; length--) {
        struct descry_option o;
        if (strlen(word) > length && find(word, length, &o) && o.argument)
            return apply(w, &o, word + length);
    }
    return wrong(w, "there is no option %.60s (see descry --help)", word);
}

static bool short_option(struct words *w, const char *word)
{
    struct descry_option o;
    if (word[1] == 'v' || (word[1] == 'd' && strspn(word + 1, "d") == strlen(word + 1)))
        return repeated(w, word);
    if (find(word, strlen(word), &o))
        return apply(w, &o, NULL);
    if (word[1] == 'T')
        return timing(w, word + 2);
    if (word[1] == 's')
        return scan_letters(w, word + 2);
    return glued(w, word);
}

static bool one_word(struct words *w, const char *word)
{
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return w->out->help = true;
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return w->out->version = true;
    if (strncmp(word, "--", 2) == 0)
        return long_option(w, word);
    if (word[0] == '-' && word[1])
        return short_option(w, word);
    return descry_add_target(w->d, word) == DESCRY_OK;
}

bool args_read(descry *d, int argc, char **argv, struct args *out, char *why, size_t size)
{
    *out = (struct args){0};
    struct words w = {.d = d, .out = out, .at = argv, .end = argv + argc, .why = why, .size = size};
    for (bool options = true; w.at < w.end; w.at++) {
        if (options && strcmp(*w.at, "--") == 0)
            options = false; /* what follows is targets */
        else if (!(options ? one_word(&w, *w.at) : descry_add_target(d, *w.at) == DESCRY_OK))
            return false;
    }
    return true;
}
