/* One loop over a local store, timed from C on any library with MXNet's C ABI.
 *
 *   kvloop LIBRARY [--sizes FILE | --keys N --floats N] [--contexts N] [--calls one|each] [--store TYPE]
 *
 * Builds the arrays, initialises the store, answers "ready" and then obeys lines on standard input:
 *
 *   N      run the loop once unmeasured and N times measured; answer with N times in seconds on one line
 *   (end)  check what was pulled and exit
 *
 * The loop is: push every key, pull every key, wait for all. A wrong value or a failed call ends the
 * program with status 1: a fast wrong answer is no result. The library is opened with RTLD_LOCAL, as Python
 * and the JVM do. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *Handle;

static struct {
    const char *(*last_error)(void);
    int (*array_create)(const uint32_t *, uint32_t, int, int, int, int, Handle *);
    int (*array_write)(Handle, const void *, size_t);
    int (*array_read)(Handle, void *, size_t);
    int (*wait_all)(void);
    int (*store_create)(const char *, Handle *);
    int (*store_init)(Handle, uint32_t, const int *, Handle *);
    int (*store_push)(Handle, uint32_t, const int *, Handle *, int);
    int (*store_pull)(Handle, uint32_t, const int *, Handle *, int);
} mx;

static void die(const char *what, const char *why) {
    fprintf(stderr, "kvloop: %s: %s\n", what, why);
    exit(1);
}

static void check(int status, const char *what) {
    if (status != 0) die(what, mx.last_error());
}

static void find(void *library, const char *name, void *slot) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL) die(name, dlerror());
    memcpy(slot, &symbol, sizeof symbol);
}

static void open_library(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) die("dlopen", dlerror());
    find(library, "MXGetLastError", &mx.last_error);
    find(library, "MXNDArrayCreateEx", &mx.array_create);
    find(library, "MXNDArraySyncCopyFromCPU", &mx.array_write);
    find(library, "MXNDArraySyncCopyToCPU", &mx.array_read);
    find(library, "MXNDArrayWaitAll", &mx.wait_all);
    find(library, "MXKVStoreCreate", &mx.store_create);
    find(library, "MXKVStoreInit", &mx.store_init);
    find(library, "MXKVStorePush", &mx.store_push);
    find(library, "MXKVStorePull", &mx.store_pull);
}

/* What the command line asked for, and the arrays made from it. Entry i of `entry_keys`, `values` and `outs`
 * belongs to key i / contexts, on context i % contexts: the order in which frontends flatten nested lists. */
typedef struct {
    uint32_t keys, contexts, entries;
    int call_each;
    const char *store_type;
    uint32_t *sizes;
    int *entry_keys;
    Handle *values, *outs;
    Handle store;
} Loop;

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (memory == NULL) die("calloc", "out of memory");
    return memory;
}

static void read_sizes(Loop *loop, const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) die(path, "cannot be read");
    loop->keys = 0;
    loop->sizes = allocate(100000, sizeof *loop->sizes);
    while (loop->keys < 100000 && fscanf(file, "%u", &loop->sizes[loop->keys]) == 1) loop->keys++;
    fclose(file);
}

static uint32_t number(const char *text, const char *what) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != 0 || value == 0 || value > 1u << 30) die(what, "expected a positive whole number");
    return (uint32_t)value;
}

static Loop parse(int argc, char **argv) {
    Loop loop = {.keys = 1000, .contexts = 1, .store_type = "local"};
    uint32_t floats = 256;
    if (argc < 2 || argc % 2 != 0) die("usage", "kvloop LIBRARY [--option value]...");
    for (int i = 2; i + 1 < argc; i += 2) {
        const char *option = argv[i], *value = argv[i + 1];
        if (strcmp(option, "--sizes") == 0) read_sizes(&loop, value);
        else if (strcmp(option, "--keys") == 0) loop.keys = number(value, option);
        else if (strcmp(option, "--floats") == 0) floats = number(value, option);
        else if (strcmp(option, "--contexts") == 0) loop.contexts = number(value, option);
        else if (strcmp(option, "--calls") == 0) loop.call_each = strcmp(value, "each") == 0;
        else if (strcmp(option, "--store") == 0) loop.store_type = value;
        else die(option, "unknown option");
    }
    if (loop.sizes == NULL) {
        loop.sizes = allocate(loop.keys, sizeof *loop.sizes);
        for (uint32_t k = 0; k < loop.keys; k++) loop.sizes[k] = floats;
    }
    loop.entries = loop.keys * loop.contexts;
    return loop;
}

/* Small whole numbers, so that sums are exact in any order. */
static float element(uint32_t key, uint32_t context, size_t i) {
    return (float)((key + 3 * context + i) % 61);
}

static Handle make_array(uint32_t size, uint32_t context, const float *content) {
    Handle array = NULL;
    check(mx.array_create(&size, 1, 1, (int)context, 0, 0, &array), "MXNDArrayCreateEx");
    check(mx.array_write(array, content, size), "MXNDArraySyncCopyFromCPU");
    return array;
}

static uint32_t largest(const Loop *loop) {
    uint32_t most = 0;
    for (uint32_t k = 0; k < loop->keys; k++)
        if (loop->sizes[k] > most) most = loop->sizes[k];
    return most;
}

static void build(Loop *loop) {
    float *zeros = allocate(largest(loop), sizeof *zeros), *content = allocate(largest(loop), sizeof *content);
    loop->entry_keys = allocate(loop->entries, sizeof *loop->entry_keys);
    loop->values = allocate(loop->entries, sizeof *loop->values);
    loop->outs = allocate(loop->entries, sizeof *loop->outs);
    check(mx.store_create(loop->store_type, &loop->store), "MXKVStoreCreate");
    for (uint32_t e = 0; e < loop->entries; e++) {
        uint32_t key = e / loop->contexts, context = e % loop->contexts;
        for (uint32_t i = 0; i < loop->sizes[key]; i++) content[i] = element(key, context, i);
        loop->entry_keys[e] = (int)key;
        loop->values[e] = make_array(loop->sizes[key], context, content);
        loop->outs[e] = make_array(loop->sizes[key], context, zeros);
        if (context == 0) {
            int k = (int)key;
            check(mx.store_init(loop->store, 1, &k, &loop->outs[e]), "MXKVStoreInit");
        }
    }
    check(mx.wait_all(), "MXNDArrayWaitAll");
    free(zeros);
    free(content);
}

static void run(const Loop *loop) {
    uint32_t step = loop->call_each ? loop->contexts : loop->entries;
    for (uint32_t e = 0; e < loop->entries; e += step)
        check(mx.store_push(loop->store, step, loop->entry_keys + e, loop->values + e, 0), "MXKVStorePush");
    for (uint32_t e = 0; e < loop->entries; e += step)
        check(mx.store_pull(loop->store, step, loop->entry_keys + e, loop->outs + e, 0), "MXKVStorePull");
    check(mx.wait_all(), "MXNDArrayWaitAll");
}

static void verify(const Loop *loop) {
    float *content = allocate(largest(loop), sizeof *content);
    for (uint32_t e = 0; e < loop->entries; e++) {
        uint32_t key = e / loop->contexts;
        check(mx.array_read(loop->outs[e], content, loop->sizes[key]), "MXNDArraySyncCopyToCPU");
        for (uint32_t i = 0; i < loop->sizes[key]; i++) {
            float sum = 0;
            for (uint32_t c = 0; c < loop->contexts; c++) sum += element(key, c, i);
            if (content[i] != sum) die("pulled value", "is not the sum of the pushed values");
        }
    }
    free(content);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    char line[64];
    Loop loop = parse(argc, argv);
    open_library(argv[1]);
    build(&loop);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        long count = strtol(line, NULL, 10);
        run(&loop);
        for (long i = 0; i < count; i++) {
            double start = now();
            run(&loop);
            printf("%.9f ", now() - start);
        }
        puts("");
        fflush(stdout);
    }
    run(&loop);
    verify(&loop);
    return 0;
}
