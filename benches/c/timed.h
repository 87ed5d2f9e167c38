/* What the programs here share: the options that say which arrays there are, and the protocol.
 *
 *   [--sizes FILE | --keys N --floats N]
 *
 * FILE holds the number of floats of each array; without it there are N arrays of N floats.
 *
 * A program says "ready" and then obeys lines on standard input:
 *
 *   N      run the loop once unmeasured and N times measured; answer with N times in seconds on one line
 *   (end)  exit
 *
 * Whatever goes wrong ends the program with status 1: a fast wrong answer is no result.
 *
 * To be included first. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn static void die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

static uint32_t number(const char *option, const char *text) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != 0 || value == 0 || value > 1u << 30) die(option, "expected a positive whole number");
    return (uint32_t)value;
}

typedef struct {
    uint32_t count;
    uint32_t *floats; /* of each array */
    size_t total;
} Sizes;

static void add_size(Sizes *sizes, uint32_t floats) {
    sizes->floats = realloc(sizes->floats, (sizes->count + 1) * sizeof *sizes->floats);
    if (sizes->floats == NULL) die("realloc", "out of memory");
    sizes->floats[sizes->count++] = floats;
    sizes->total += floats;
}

static void read_sizes(Sizes *sizes, const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) die(path, strerror(errno));
    for (uint32_t floats; fscanf(file, "%u", &floats) == 1;) add_size(sizes, floats);
    if (!feof(file) || sizes->total == 0) die(path, "expected whole numbers");
    fclose(file);
}

/* Reads `--option value` from arguments[1] on. `other` gets the options that are not about sizes, and returns
 * whether it knows them. */
static Sizes parse(int count, char **arguments, uint32_t keys, uint32_t floats,
                   int (*other)(const char *option, const char *value)) {
    Sizes sizes = {0};
    for (int i = 1; i < count; i += 2) {
        const char *option = arguments[i], *value = arguments[i + 1];
        if (value == NULL) die(option, "the value is missing");
        if (strcmp(option, "--sizes") == 0) read_sizes(&sizes, value);
        else if (strcmp(option, "--keys") == 0) keys = number(option, value);
        else if (strcmp(option, "--floats") == 0) floats = number(option, value);
        else if (other == NULL || !other(option, value)) die(option, "unknown option");
    }
    if (sizes.count == 0)
        for (uint32_t k = 0; k < keys; k++) add_size(&sizes, floats);
    return sizes;
}

static void say_ready(void) {
    puts("ready");
    fflush(stdout);
}

/* How often the next line asks for the loop; 0 at the end. */
static uint32_t next_line(void) {
    char line[32];
    if (fgets(line, sizeof line, stdin) == NULL) return 0;
    line[strcspn(line, "\n")] = 0;
    return number("standard input", line);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void answer(uint32_t count, void (*loop)(void)) {
    loop();
    for (uint32_t i = 0; i < count; i++) {
        double start = now();
        loop();
        printf("%.9f ", now() - start);
    }
    puts("");
    fflush(stdout);
}
