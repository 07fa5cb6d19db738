#include "controller/fabric/pairs.h"

size_t pairs_rounds(size_t n)
{
    if (n < 2)
        return 0;
    return n % 2 ? n : n - 1;
}

size_t pairs_count(size_t n)
{
    return n ? n * (n - 1) / 2 : 0;
}

/* All but one node sit on a circle of odd size and meet their reflection; who is
 * his own reflection meets the one in the middle, which an odd n does not have.
 */
size_t pairs_partner(size_t n, size_t round, size_t i)
{
    size_t circle = pairs_rounds(n), middle = circle, reflection;

    if (i == middle)
        return round;
    reflection = (2 * round + circle - i) % circle;
    if (reflection != i)
        return reflection;
    return middle < n ? middle : PAIRS_NOBODY;
}
