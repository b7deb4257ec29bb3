/* Part of the SPP attendance suite. LGPL-3. */
/* Another moment for the processes that load this library before others: their clock on the wall is moved by
   MOVED_CLOCK_SECONDS, what measures how long something takes is left alone. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_gettimeofday)(struct timeval *, void *);
static time_t seconds;

__attribute__((constructor)) static void prepare(void)
{
    const char *moved = getenv("MOVED_CLOCK_SECONDS");
    if (real_clock_gettime)
        return;
    seconds = moved ? atoll(moved) : 0;
    real_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

int clock_gettime(clockid_t clock, struct timespec *moment)
{
    prepare();
    int result = real_clock_gettime(clock, moment);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        moment->tv_sec += seconds;
    return result;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone)
{
    prepare();
    int result = real_gettimeofday(moment, zone);
    if (!result && moment)
        moment->tv_sec += seconds;
    return result;
}

time_t time(time_t *kept)
{
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    if (kept)
        *kept = moment.tv_sec;
    return moment.tv_sec;
}
