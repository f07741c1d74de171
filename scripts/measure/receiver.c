/* A receiver that does nothing but move octets, with blocking calls: the floor under any collector.
 *
 *   receiver record FILE              keeps the octets of one connection as they are
 *   receiver discard                  reads one connection and forgets it: what senders are measured with
 *   receiver floor FILE IN OUT        reads one connection and writes OUT octets to FILE on the way,
 *                                     in proportion to the IN octets that it expects
 *
 * Listens on a free port of 127.0.0.1, which it writes to standard output. After the end of the
 * connection it writes "READ octets WROTE octets" there and ends; 1 when they are not what was asked. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024 }; /* what a collector reads and writes at once, too */

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(void) {
    struct sockaddr_in at = { .sin_family = AF_INET };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1)) die("listen");
    if (getsockname(fd, (struct sockaddr *)&at, &len)) die("getsockname");
    printf("PORT %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void write_all(int fd, const char *octets, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, octets, len);
        if (n < 0 && errno != EINTR) die("write");
        if (n > 0) octets += n, len -= (size_t)n;
    }
}

/* Writes `octets` octets of anything, a buffer at a time. */
static void write_filler(int fd, const char *filler, uint64_t octets) {
    while (octets > 0) {
        size_t len = octets < BUFFER ? (size_t)octets : BUFFER;
        write_all(fd, filler, len);
        octets -= len;
    }
}

int main(int argc, char **argv) {
    int floor = argc == 5 && strcmp(argv[1], "floor") == 0;
    int discard = argc == 2 && strcmp(argv[1], "discard") == 0;
    if (!floor && !discard && !(argc == 3 && strcmp(argv[1], "record") == 0)) {
        fprintf(stderr, "usage: receiver record FILE | receiver discard | receiver floor FILE IN OUT\n");
        return 2;
    }
    uint64_t want_in = floor ? strtoull(argv[3], 0, 10) : 0;
    uint64_t want_out = floor ? strtoull(argv[4], 0, 10) : 0;
    int out = discard ? -1 : open(argv[2], O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0644);
    if (out < 0 && !discard) die(argv[2]);
    char *in = malloc(BUFFER), *filler = malloc(BUFFER);
    if (!in || !filler) die("malloc");
    memset(filler, 'x', BUFFER);

    int connection = accept(listen_on_loopback(), 0, 0);
    if (connection < 0) die("accept");
    uint64_t got = 0, owed = 0, wrote = 0;
    for (;;) {
        ssize_t n = read(connection, in, BUFFER);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) die("read");
        if (n == 0) break;
        got += (uint64_t)n;
        if (discard) continue;
        if (!floor) {
            write_all(out, in, (size_t)n);
            wrote = got;
            continue;
        }
        /* Whole buffers only: small writes would cost more than the least that is possible. */
        owed = want_in ? (uint64_t)((double)want_out * (double)got / (double)want_in) : 0;
        for (; wrote + BUFFER <= owed && wrote + BUFFER <= want_out; wrote += BUFFER)
            write_filler(out, filler, BUFFER);
    }
    if (floor && got == want_in) {
        write_filler(out, filler, want_out - wrote);
        wrote = want_out;
    }
    printf("READ %llu WROTE %llu\n", (unsigned long long)got, (unsigned long long)wrote);
    return floor && got != want_in;
}
