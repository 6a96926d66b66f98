/* question.c owns what is really sent for a probe. */
#include "stages/question.h"

#include "base/hash.h"

struct bytes question_payload(struct task *t, const struct probe *p)
{
    if (!p->varies.len)
        return p->payload;
    struct bytes copy = arena_bytes(&t->arena, p->payload);
    uint8_t *digit = (uint8_t *)copy.at + (p->varies.at - p->payload.at);
    uint64_t random = random_u64();
    for (size_t i = 0; i < p->varies.len; i++, random /= 10)
        digit[i] = (uint8_t)('0' + random % 10);
    return copy;
}
