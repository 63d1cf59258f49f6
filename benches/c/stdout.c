/* The counter loop as a C program would have it: stdout WAY COUNT. Says on standard error
   how long it took, in nanoseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SIZE 65536

/* The digits of a number and a newline, from the end; where they start. */
static char *convert(unsigned long number, char *end)
{
    *--end = '\n';
    do {
        *--end = '0' + number % 10;
        number /= 10;
    } while (number);
    return end;
}

static void write_all(const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = write(1, bytes, length);
        if (count < 0)
            exit(1);
        bytes += count;
        length -= count;
    }
}

/* A buffer of its own. */
static void buffered(unsigned long count)
{
    static char buffer[SIZE + 32];
    char line[32];
    size_t length = 0;
    for (unsigned long number = 0; number < count; number++) {
        char *start = convert(number, line + sizeof line);
        size_t part = line + sizeof line - start;
        memcpy(buffer + length, start, part);
        length += part;
        if (length >= SIZE) {
            write_all(buffer, length);
            length = 0;
        }
    }
    write_all(buffer, length);
}

/* A system call for each line. */
static void unbuffered(unsigned long count)
{
    char line[32];
    for (unsigned long number = 0; number < count; number++) {
        char *start = convert(number, line + sizeof line);
        write_all(start, line + sizeof line - start);
    }
}

/* The limit: as many bytes, in blocks that are there already. */
static void blocks(unsigned long count)
{
    static char block[SIZE];
    size_t left = 0;
    for (unsigned long from = 0, to = 10, digits = 1; from < count; from = to, to *= 10, digits++)
        left += ((to < count ? to : count) - from) * (digits + 1);
    memset(block, '\n', SIZE);
    while (left) {
        size_t part = left < SIZE ? left : SIZE;
        write_all(block, part);
        left -= part;
    }
}

static unsigned long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    unsigned long count = strtoul(argv[2], NULL, 10);
    unsigned long long start = now();
    if (!strcmp(argv[1], "buffer"))
        buffered(count);
    else if (!strcmp(argv[1], "write"))
        unbuffered(count);
    else if (!strcmp(argv[1], "blocks"))
        blocks(count);
    else
        for (unsigned long number = 0; number < count; number++)
            printf("%lu\n", number);
    if (fflush(stdout))
        return 1;
    fprintf(stderr, "%llu", now() - start);
    return 0;
}
