/* Runs a program whose system calls fail for a while: refuse CALL:ERRNO:TIMES... -- PROGRAM ARGS...
 *
 * The first TIMES calls of CALL fail with ERRNO, later ones are let through. A seccomp filter asks a
 * second process for each of them, so it does not matter whether the program calls through a C
 * library. The program keeps this process's id. Ends with 77 where the kernel cannot do it. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int number; } calls[] = {
    { "accept4", SYS_accept4 }, { "sendto", SYS_sendto }, { "writev", SYS_writev },
    { "fdatasync", SYS_fdatasync }, { "io_uring_enter", SYS_io_uring_enter },
    { "ppoll", SYS_ppoll }, { "recvfrom", SYS_recvfrom },
#ifdef SYS_poll
    { "poll", SYS_poll },
#endif
};
static const struct { const char *name; int number; } errors[] = {
    { "ENOBUFS", ENOBUFS }, { "ENOMEM", ENOMEM }, { "ENFILE", ENFILE }, { "EIO", EIO },
    { "EDQUOT", EDQUOT }, { "EINTR", EINTR }, { "EAGAIN", EAGAIN }, { "EBUSY", EBUSY },
    { "EPERM", EPERM }, { "ECONNABORTED", ECONNABORTED }, { "EPROTO", EPROTO },
};
#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define RULES_MAX 16
static struct { int call, error; long times; } rules[RULES_MAX];
static int rules_count;

static void cannot(const char *what)
{
    perror(what);
    exit(77);
}

static void parse(const char *text)
{
    char call[32], error[32];
    long times;
    if (rules_count == RULES_MAX || sscanf(text, "%31[^:]:%31[^:]:%ld", call, error, &times) != 3) {
        fprintf(stderr, "refuse: '%s' is not CALL:ERRNO:TIMES\n", text);
        exit(2);
    }
    int c = -1, e = -1;
    for (size_t i = 0; i < COUNT(calls); i++)
        if (!strcmp(calls[i].name, call)) c = calls[i].number;
    for (size_t i = 0; i < COUNT(errors); i++)
        if (!strcmp(errors[i].name, error)) e = errors[i].number;
    if (c < 0 || e < 0) {
        fprintf(stderr, "refuse: '%s' is not known\n", text);
        exit(2);
    }
    rules[rules_count].call = c;
    rules[rules_count].error = e;
    rules[rules_count++].times = times;
}

static int filter(void)
{
    struct sock_filter code[RULES_MAX * 2 + 2];
    int at = 0;
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              offsetof(struct seccomp_data, nr));
    for (int i = 0; i < rules_count; i++) {
        code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rules[i].call, 0, 1);
        code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { .len = at, .filter = code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        cannot("no_new_privs");
    int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                     &program);
    if (fd < 0)
        cannot("seccomp");
    return fd;
}

/* Answers for each call until nobody is left who could call. */
static void answer(int listener)
{
    struct pollfd ready = { .fd = listener, .events = POLLIN };
    for (;;) {
        if (poll(&ready, 1, -1) < 0 && errno == EINTR)
            continue;
        if (!(ready.revents & POLLIN))
            exit(0);
        struct seccomp_notif asked;
        memset(&asked, 0, sizeof asked);
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
            continue;
        struct seccomp_notif_resp reply = { .id = asked.id,
                                            .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
        for (int i = 0; i < rules_count; i++) {
            if (rules[i].call == asked.data.nr && rules[i].times > 0) {
                rules[i].times--;
                reply.flags = 0;
                reply.error = -rules[i].error;
                break;
            }
        }
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
}

/* One descriptor over a socket; sendmsg and recvmsg are never filtered. */
static void pass(int over, int fd)
{
    char room[CMSG_SPACE(sizeof fd)] = { 0 }, octet = 0;
    struct iovec data = { &octet, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
                              .msg_controllen = sizeof room };
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    if (sendmsg(over, &message, 0) != 1)
        cannot("sendmsg");
}

static int taken(int over)
{
    char room[CMSG_SPACE(sizeof(int))] = { 0 }, octet;
    struct iovec data = { &octet, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
                              .msg_controllen = sizeof room };
    int fd;
    if (recvmsg(over, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
        exit(0);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

int main(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--"); at++)
        parse(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr, "refuse CALL:ERRNO:TIMES... -- PROGRAM ARGS...\n");
        return 2;
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        cannot("socketpair");
    pid_t helper = fork();
    if (helper < 0)
        cannot("fork");
    if (helper == 0) {
        close(ends[0]);
        /* Who waits for the end of the program's streams must not wait for this one. */
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        answer(taken(ends[1]));
    }
    close(ends[1]);
    int listener = filter();
    pass(ends[0], listener);
    close(listener);
    close(ends[0]);
    execvp(argv[at + 1], argv + at + 1);
    cannot("exec");
}
