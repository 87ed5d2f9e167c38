/* What loopback TCP carries: as many bytes as a push and a pull of every array move, between two processes.
 *
 *   tcp   and what timed.h describes
 *
 * There is one connection for each direction, as between a worker and a server, and each has a thread at both ends:
 * what is pulled comes back while the rest is still being pushed. Arrays are written whole and read into memory of
 * their own. */
#include "timed.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PUSH, PULL };

static size_t total;
static char *memory[2];
static int sockets[2];

_Noreturn static void fail(const char *what) {
    die(what, strerror(errno));
}

static void move_all(int socket, char *bytes, int writes) {
    for (size_t at = 0; at < total;) {
        ssize_t moved = writes ? write(socket, bytes + at, total - at) : read(socket, bytes + at, total - at);
        if (moved == 0) exit(0); /* the other process has ended */
        if (moved < 0) fail(writes ? "write" : "read");
        at += (size_t)moved;
    }
}

static int listen_anywhere(struct sockaddr_in *at) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (listener < 0 || bind(listener, (struct sockaddr *)at, sizeof *at) || listen(listener, 2) ||
        getsockname(listener, (struct sockaddr *)at, &length))
        fail("listen");
    return listener;
}

/* The other process: reads what is pushed, and sends as much back on the other connection. */
static void *send_back(void *unused) {
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
    if (pthread_create(&answers, NULL, send_back, NULL)) fail("pthread_create");
    for (;;) {
        move_all(sockets[PUSH], memory[PUSH], 0);
        if (write(sockets[PUSH], "!", 1) != 1) fail("write");
    }
}

static void *pull(void *unused) {
    (void)unused;
    if (write(sockets[PULL], "?", 1) != 1) fail("write");
    move_all(sockets[PULL], memory[PULL], 0);
    return NULL;
}

static void loop(void) {
    pthread_t pulls;
    char done;
    if (pthread_create(&pulls, NULL, pull, NULL)) fail("pthread_create");
    move_all(sockets[PUSH], memory[PUSH], 1);
    if (read(sockets[PUSH], &done, 1) != 1) fail("read");
    pthread_join(pulls, NULL);
}

int main(int argc, char **argv) {
    total = parse(argc, argv, 1, 256, NULL).total * sizeof(float);
    for (int i = 0; i < 2; i++) {
        memory[i] = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory[i] == MAP_FAILED) fail("mmap");
    }
    struct sockaddr_in at;
    int listener = listen_anywhere(&at), child = fork();
    if (child < 0) fail("fork");
    for (int i = 0; i < 2; i++) {
        int one = 1;
        if (child) {
            sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(sockets[i], (struct sockaddr *)&at, sizeof at)) fail("connect");
        } else {
            sockets[i] = accept(listener, NULL, NULL);
        }
        if (sockets[i] < 0 || setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)) fail("socket");
    }
    for (int i = 0; i < 2; i++) memset(memory[i], 1, total);
    if (!child) serve();
    say_ready();
    for (uint32_t count; (count = next_line()) != 0;) answer(count, loop);
    return 0;
}
