/* What this machine's memory allows: the data motion of the store's loops, done by bare kernels.
 *
 *   membw [--contexts N] [--threads N] [--kernel read|copy|round|momentum|adam]   and what timed.h describes
 *
 *   read   sum everything (nothing is written)
 *   copy   source to destination, stores that bypass the cache where the processor has them
 *   round  what push + pull cannot avoid: with one context one copy (the pushed array becomes the stored one);
 *          with more, N sources are summed into the stored array and that is copied to N destinations,
 *          cache-sized piece by piece so that the sum is still in the cache when it is copied
 *   momentum, adam
 *          a round with an update between sum and copy, weight and state (one or two arrays) read and written
 *
 * The threads wait for each other by spinning, so starting them costs nothing that a library could save, and
 * the arrays lie on huge pages: the limit is strict. */
#include "timed.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__AVX512F__) || defined(__AVX__)
#include <immintrin.h>
#endif

enum { PIECE = 32 * 1024, LINE = 16, MOST = 8 }; /* in floats; 128 KB of sum per piece */
enum Kernel { READ, COPY, ROUND, MOMENTUM, ADAM };
static const char *const KERNELS[] = {"read", "copy", "round", "momentum", "adam"};

static size_t total;
static int contexts = 1, threads = 0;
static enum Kernel kernel = COPY;
static float *sources[MOST], *outs[MOST], *stored, *mean, *variance;
static volatile float sink;

static void stream(float *to, const float *from, size_t n) {
#if defined(__AVX512F__)
    for (size_t i = 0; i < n; i += 16) _mm512_stream_ps(to + i, _mm512_load_ps(from + i));
#elif defined(__AVX__)
    for (size_t i = 0; i < n; i += 8) _mm256_stream_ps(to + i, _mm256_load_ps(from + i));
#else
    memcpy(to, from, n * sizeof *to);
#endif
}

static void add_all(float *restrict to, size_t at, size_t n) {
    for (size_t i = 0; i < n; i += LINE) {
        float lane[LINE];
        for (int j = 0; j < LINE; j++) lane[j] = sources[0][at + i + j];
        for (int c = 1; c < contexts; c++)
            for (int j = 0; j < LINE; j++) lane[j] += sources[c][at + i + j];
        for (int j = 0; j < LINE; j++) to[i + j] = lane[j];
    }
}

static void update(const float *restrict gradient, size_t at, size_t n) {
    float *restrict w = stored + at, *restrict m = mean + at;
    if (kernel == MOMENTUM) {
        for (size_t i = 0; i < n; i++) {
            m[i] = 0.9f * m[i] - 0.01f * gradient[i];
            w[i] += m[i];
        }
        return;
    }
    float *restrict v = variance + at;
    for (size_t i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * gradient[i];
        v[i] = 0.999f * v[i] + 0.001f * gradient[i] * gradient[i];
        w[i] -= 0.001f * m[i] / (sqrtf(v[i]) + 1e-8f);
    }
}

/* One piece of every array. */
static float work(size_t at, size_t n) {
    static _Thread_local float sum[PIECE] __attribute__((aligned(64)));
    float lanes[64] = {0};
    const float *gradient = sources[0] + at;
    switch (kernel) {
    case READ:
        for (size_t i = 0; i + 64 <= n; i += 64)
            for (int j = 0; j < 64; j++) lanes[j] += gradient[i + j];
        break;
    case COPY:
        stream(outs[0] + at, gradient, n);
        break;
    case ROUND:
        if (contexts > 1) {
            add_all(stored + at, at, n);
            gradient = stored + at;
        }
        for (int c = 0; c < contexts; c++) stream(outs[c] + at, gradient, n);
        break;
    default:
        if (contexts > 1) {
            add_all(sum, at, n);
            gradient = sum;
        }
        update(gradient, at, n);
        for (int c = 0; c < contexts; c++) stream(outs[c] + at, stored + at, n);
    }
    return lanes[0] + lanes[63];
}

/* A round starts when the main thread raises `round_number`. Whoever is free claims the next piece, so a
 * thread that the system holds back does not hold back the rest. `done` counts the finished pieces of all
 * rounds, and only the main thread waits for it: a helper that comes late finds nothing left and goes on to the
 * next round. Between two lines of input the helpers block at `between_lines`, so that they do not disturb
 * whoever is measured then. */
static atomic_size_t claimed, done;
static atomic_uint round_number;
static unsigned last_round;
static pthread_barrier_t between_lines;

static void claim_and_work(void) {
    size_t mine = 0;
    float checksum = 0;
    for (;; mine++) {
        size_t at = atomic_fetch_add(&claimed, 1) * PIECE;
        if (at >= total) break;
        checksum += work(at, total - at < PIECE ? total - at : PIECE);
    }
    sink = checksum;
#if defined(__AVX__)
    _mm_sfence();
#endif
    atomic_fetch_add_explicit(&done, mine, memory_order_release);
}

static void *helper(void *unused) {
    unsigned seen = 0;
    (void)unused;
    while (1) {
        pthread_barrier_wait(&between_lines);
        while (seen != last_round) {
            while (atomic_load_explicit(&round_number, memory_order_acquire) == seen) {}
            seen = atomic_load_explicit(&round_number, memory_order_acquire);
            claim_and_work();
        }
        pthread_barrier_wait(&between_lines);
    }
    return NULL;
}

static void once(void) {
    size_t pieces = (total + PIECE - 1) / PIECE;
    atomic_store(&claimed, 0);
    size_t all = pieces * (atomic_fetch_add_explicit(&round_number, 1, memory_order_release) + 1);
    claim_and_work();
    while (atomic_load_explicit(&done, memory_order_acquire) != all) {}
}

static float *make(float value) {
    size_t huge = 2u << 20, bytes = (total * sizeof(float) + huge - 1) / huge * huge;
    float *memory = aligned_alloc(huge, bytes);
    if (memory == NULL) die("aligned_alloc", "out of memory");
    madvise(memory, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < total; i++) memory[i] = value;
    return memory;
}

static int option(const char *option, const char *value) {
    if (strcmp(option, "--contexts") == 0) contexts = (int)number(option, value);
    else if (strcmp(option, "--threads") == 0) threads = (int)number(option, value);
    else if (strcmp(option, "--kernel") == 0) {
        int k = 0;
        while (k <= ADAM && strcmp(KERNELS[k], value) != 0) k++;
        if (k > ADAM) die(value, "unknown kernel");
        kernel = (enum Kernel)k;
    } else return 0;
    return 1;
}

int main(int argc, char **argv) {
    total = parse(argc, argv, 1, 25000000, option).total;
    total = (total + LINE - 1) / LINE * LINE;
    if (threads == 0) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (contexts > MOST) die("--contexts", "expected 1 to 8");
    for (int c = 0; c < contexts; c++) {
        sources[c] = make(1.0f);
        if (kernel != READ) outs[c] = make(0.0f);
    }
    if (kernel >= ROUND) stored = make(0.0f);
    if (kernel >= MOMENTUM) mean = make(0.0f);
    if (kernel == ADAM) variance = make(0.0f);

    pthread_barrier_init(&between_lines, NULL, (unsigned)threads);
    for (int t = 1; t < threads; t++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, helper, NULL) != 0) die("pthread_create", "failed");
    }
    say_ready();
    for (uint32_t count; (count = next_line()) != 0;) {
        last_round += count + 1;
        pthread_barrier_wait(&between_lines);
        answer(count, once);
        pthread_barrier_wait(&between_lines);
    }
    return 0;
}
