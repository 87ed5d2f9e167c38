/* One loop over a local store, timed from C on any library with MXNet's C ABI.
 *
 *   kvloop LIBRARY [--contexts N] [--calls one|each] [--store TYPE] [--optimizer none|adam]
 *                                                                       and what timed.h describes
 *
 * The loop is: push every key, pull every key, wait for all. At the end what was pulled is checked. With an optimizer
 * the store's own updates the values, where the library has that; else an updater that calls the operator
 * adam_update, as C programs have to on the original. The library is opened with RTLD_LOCAL, as Python and the JVM do. */
#include "timed.h"
#include <dlfcn.h>
#include <math.h>

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
    int (*store_updater)(Handle, void (*)(int, Handle, Handle, void *), void *);
    int (*array_free)(Handle);
    int (*find_operator)(const char *, Handle *);
    int (*invoke)(Handle, int, Handle *, int *, Handle **, int, const char **, const char **);
    /* NULL on the original. */
    int (*store_optimizer)(Handle, const char *, uint32_t, const char **, const char **);
} mx;

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
    find(library, "MXKVStoreSetUpdater", &mx.store_updater);
    find(library, "MXNDArrayFree", &mx.array_free);
    find(library, "NNGetOpHandle", &mx.find_operator);
    find(library, "MXImperativeInvoke", &mx.invoke);
    void *native = dlsym(library, "mxkv_kvstore_set_optimizer");
    memcpy(&mx.store_optimizer, &native, sizeof native);
}

/* What the command line asked for, and the arrays made from it. Entry i of `entry_keys`, `values` and `outs`
 * belongs to key i / contexts, on context i % contexts: the order in which frontends flatten nested lists. */
static uint32_t contexts = 1, entries;
static int call_each, with_adam;
static const char *store_type = "local";
static Sizes sizes;
static int *entry_keys;
static Handle *values, *outs, store;

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (memory == NULL) die("calloc", "out of memory");
    return memory;
}

static int option(const char *option, const char *value) {
    if (strcmp(option, "--contexts") == 0) contexts = number(option, value);
    else if (strcmp(option, "--store") == 0) store_type = value;
    else if (strcmp(option, "--calls") == 0) {
        call_each = strcmp(value, "each") == 0;
        if (!call_each && strcmp(value, "one") != 0) die(option, "expected one or each");
    } else if (strcmp(option, "--optimizer") == 0) {
        with_adam = strcmp(value, "adam") == 0;
        if (!with_adam && strcmp(value, "none") != 0) die(option, "expected none or adam");
    } else return 0;
    return 1;
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

static uint32_t largest(void) {
    uint32_t most = 0;
    for (uint32_t k = 0; k < sizes.count; k++)
        if (sizes.floats[k] > most) most = sizes.floats[k];
    return most;
}

/* What the updater keeps for each key. */
typedef struct {
    Handle mean, variance;
    int count;
} State;

static State *states;
static Handle adam_update;

static void update(int key, Handle gradient, Handle weight, void *unused) {
    (void)unused;
    State *state = &states[key];
    double t = ++state->count, rate = 0.001 * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
    char text[32];
    snprintf(text, sizeof text, "%.17g", rate);
    const char *names[] = {"lr", "beta1", "beta2", "epsilon", "wd"}, *given[] = {text, "0.9", "0.999", "1e-8", "0"};
    Handle inputs[] = {weight, gradient, state->mean, state->variance}, *outputs = &weight;
    int count = 1;
    check(mx.invoke(adam_update, 4, inputs, &count, &outputs, 5, names, given), "adam_update");
    check(mx.array_free(gradient), "MXNDArrayFree");
    check(mx.array_free(weight), "MXNDArrayFree");
}

static void set_adam(const float *zeros) {
    if (mx.store_optimizer != NULL) {
        const char *name = "learning_rate", *value = "0.001";
        check(mx.store_optimizer(store, "adam", 1, &name, &value), "mxkv_kvstore_set_optimizer");
        return;
    }
    states = allocate(sizes.count, sizeof *states);
    for (uint32_t key = 0; key < sizes.count; key++) {
        states[key].mean = make_array(sizes.floats[key], 0, zeros);
        states[key].variance = make_array(sizes.floats[key], 0, zeros);
    }
    check(mx.find_operator("adam_update", &adam_update), "NNGetOpHandle");
    check(mx.store_updater(store, update, NULL), "MXKVStoreSetUpdater");
}

static void build(void) {
    float *zeros = allocate(largest(), sizeof *zeros), *content = allocate(largest(), sizeof *content);
    entry_keys = allocate(entries, sizeof *entry_keys);
    values = allocate(entries, sizeof *values);
    outs = allocate(entries, sizeof *outs);
    check(mx.store_create(store_type, &store), "MXKVStoreCreate");
    for (uint32_t e = 0; e < entries; e++) {
        uint32_t key = e / contexts, context = e % contexts;
        for (uint32_t i = 0; i < sizes.floats[key]; i++) content[i] = element(key, context, i);
        entry_keys[e] = (int)key;
        values[e] = make_array(sizes.floats[key], context, content);
        outs[e] = make_array(sizes.floats[key], context, zeros);
        if (context == 0) {
            int k = (int)key;
            check(mx.store_init(store, 1, &k, &outs[e]), "MXKVStoreInit");
        }
    }
    if (with_adam) set_adam(zeros);
    check(mx.wait_all(), "MXNDArrayWaitAll");
    free(zeros);
    free(content);
}

static void run(void) {
    uint32_t step = call_each ? contexts : entries;
    for (uint32_t e = 0; e < entries; e += step)
        check(mx.store_push(store, step, entry_keys + e, values + e, 0), "MXKVStorePush");
    for (uint32_t e = 0; e < entries; e += step)
        check(mx.store_pull(store, step, entry_keys + e, outs + e, 0), "MXKVStorePull");
    check(mx.wait_all(), "MXNDArrayWaitAll");
}

/* Without an optimizer every out is the sum; with one, what had a gradient has moved from 0 against it. */
static void verify(void) {
    float *content = allocate(largest(), sizeof *content);
    for (uint32_t e = 0; e < entries; e++) {
        uint32_t key = e / contexts;
        check(mx.array_read(outs[e], content, sizes.floats[key]), "MXNDArraySyncCopyToCPU");
        for (uint32_t i = 0; i < sizes.floats[key]; i++) {
            float sum = 0;
            for (uint32_t c = 0; c < contexts; c++) sum += element(key, c, i);
            if (with_adam && !(sum > 0 ? content[i] < 0 : content[i] == 0)) die("pulled value", "was not updated");
            if (!with_adam && content[i] != sum) die("pulled value", "is not the sum of the pushed values");
        }
    }
    free(content);
}

int main(int argc, char **argv) {
    if (argc < 2) die("LIBRARY", "is missing");
    sizes = parse(argc - 1, argv + 1, 1000, 256, option);
    entries = sizes.count * contexts;
    open_library(argv[1]);
    build();
    say_ready();
    for (uint32_t count; (count = next_line()) != 0;) answer(count, run);
    run();
    verify();
    return 0;
}
