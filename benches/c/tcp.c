/* What loopback TCP carries: as many bytes as a push and a pull of every array move, between two processes.
 *
 *   tcp [--sizes FILE | --keys N --floats N]
 *
 * Speaks kvloop's protocol: "ready", then for each line N, N times in seconds.
 *
 * There is one connection for each direction, as between a worker and a server, and each has a thread at both ends:
 * what is pulled comes back while the rest is still being pushed. Arrays are written whole and read into memory of
 * their own. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PUSH, PULL };

static size_t total;
static char *memory[2];
static int sockets[2];

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void move_all(int socket, char *bytes, int writes) {
    for (size_t at = 0; at < total;) {
        ssize_t moved = writes ? write(socket, bytes + at, total - at) : read(socket, bytes + at, total - at);
        if (moved == 0) exit(0); /* the other process has ended */
        if (moved < 0) die(writes ? "write" : "read");
        at += (size_t)moved;
    }
}

static int listen_anywhere(struct sockaddr_in *at) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (listener < 0 || bind(listener, (struct sockaddr *)at, sizeof *at) || listen(listener, 2) ||
        getsockname(listener, (struct sockaddr *)at, &length))
        die("listen");
    return listener;
}

/* The other process: reads what is pushed, and sends as much back on the other connection. */
static void *answer(void *unused) {
    (void)unused;
    for (;;) {
        char go;
        if (read(sockets[PULL], &go, 1) <= 0) exit(0);
        move_all(sockets[PULL], memory[PULL], 1);
    }
}

static void serve(void) {
    pthread_t answers;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pthread_create(&answers, NULL, answer, NULL)) die("pthread_create");
    for (;;) {
        move_all(sockets[PUSH], memory[PUSH], 0);
        if (write(sockets[PUSH], "!", 1) != 1) die("write");
    }
}

static void *pull(void *unused) {
    (void)unused;
    if (write(sockets[PULL], "?", 1) != 1) die("write");
    move_all(sockets[PULL], memory[PULL], 0);
    return NULL;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double loop(void) {
    double start = seconds();
    pthread_t pulls;
    char done;
    if (pthread_create(&pulls, NULL, pull, NULL)) die("pthread_create");
    move_all(sockets[PUSH], memory[PUSH], 1);
    if (read(sockets[PUSH], &done, 1) != 1) die("read");
    pthread_join(pulls, NULL);
    return seconds() - start;
}

int main(int argc, char **argv) {
    size_t keys = 1, floats = 256;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--keys")) keys = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--floats")) floats = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--sizes")) {
            FILE *file = fopen(argv[i + 1], "r");
            unsigned long long size;
            if (!file) die(argv[i + 1]);
            for (keys = 1, floats = 0; fscanf(file, "%llu", &size) == 1;) floats += size;
            fclose(file);
        }
    }
    total = keys * floats * sizeof(float);
    for (int i = 0; i < 2; i++) {
        memory[i] = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory[i] == MAP_FAILED) die("mmap");
    }
    struct sockaddr_in at;
    int listener = listen_anywhere(&at), child = fork();
    if (child < 0) die("fork");
    for (int i = 0; i < 2; i++) {
        int one = 1;
        if (child) {
            sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(sockets[i], (struct sockaddr *)&at, sizeof at)) die("connect");
        } else {
            sockets[i] = accept(listener, NULL, NULL);
        }
        if (sockets[i] < 0 || setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)) die("socket");
    }
    for (int i = 0; i < 2; i++) memset(memory[i], 1, total);
    if (!child) serve();
    puts("ready");
    fflush(stdout);
    for (int count; scanf("%d", &count) == 1;) {
        loop();
        for (int i = 0; i < count; i++) printf("%.9f ", loop());
        puts("");
        fflush(stdout);
    }
    return 0;
}
