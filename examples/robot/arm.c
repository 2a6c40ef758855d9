/* A joint that plays in lockstep with palmal over its standard streams, in C99 and POSIX: docs/protocol.md.
     cc -O2 -o arm examples/robot/arm.c && palmal train --task examples/robot --world ./arm
   Numbers of the protocol are little endian, as this machine's must be. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BEGIN = 1, OBSERVE = 2, ACT = 3, END = 4, ERROR = 255 };
enum { OBSERVATION = 4, ACTION = 1, MOST = 1 << 16 };
static const int budget = 25; /* time to wait for an answer, ms: half a step of the task */

static void need(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "arm: %s\n", what);
        exit(1);
    }
}

/* take reads n bytes. It reports 0 where nothing has begun to come within wait ms (-1: for ever), and ends where palmal has. */
static int take(void *to, size_t n, int wait) {
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll(&in, 1, wait) == 0) return 0;
    for (size_t got = 0; got < n;) {
        ssize_t k = read(0, (char *)to + got, n - got);
        if (k <= 0) exit(0);
        got += (size_t)k;
    }
    return 1;
}

/* receive reads a frame: its op, or 0 where none came within wait ms. */
static int receive(uint8_t *payload, int wait) {
    uint8_t head[5];
    uint32_t size;
    if (!take(head, 5, wait)) return 0;
    memcpy(&size, head + 1, 4);
    need(size < MOST, "a frame that is too long");
    if (size > 0) take(payload, size, -1);
    payload[size] = 0;
    need(head[0] != ERROR, (char *)payload);
    return head[0];
}

/* observe sends an observation: the action applied in the step before it, then what the joint senses. */
static void observe(uint32_t step, uint32_t missed, double now, double applied, const double *sensed) {
    uint8_t frame[5 + 17 + 8 * (ACTION + OBSERVATION)] = {OBSERVE};
    uint32_t size = sizeof frame - 5;
    memcpy(frame + 1, &size, 4);
    memcpy(frame + 5, &step, 4); /* frame[9] are flags: 1 where somebody stops the robot */
    memcpy(frame + 10, &missed, 4);
    memcpy(frame + 14, &now, 8);
    memcpy(frame + 22, &applied, 8);
    memcpy(frame + 30, sensed, 8 * OBSERVATION);
    need(write(1, frame, sizeof frame) == (ssize_t)sizeof frame, "palmal does not read");
}

int main(void) {
    static uint8_t payload[MOST + 1];
    double clock = 0;
    for (char c = 0; c != '\n';) take(&c, 1, -1); /* the task in JSON; this program knows it */
    printf("{\"protocol\":1,\"name\":\"arm.c\",\"observation\":%d,\"action\":%d}\n", OBSERVATION, ACTION);
    fflush(stdout);
    for (;;) {
        if (receive(payload, -1) != BEGIN) continue;
        double angle = 0, rate = 0, torque = 0, target = 3.0 * rand() / RAND_MAX - 1.5;
        uint32_t missed = 0;
        for (uint32_t step = 0;; step++, clock += 0.05) {
            double sensed[OBSERVATION] = {angle, rate, torque, target};
            observe(step, missed, clock, torque, sensed);
            int op;
            uint32_t of = 0;
            do { /* answers to earlier observations came too late */
                op = receive(payload, budget);
                memcpy(&of, payload, 4);
            } while (op == ACT && of != step);
            if (op == END) break;
            if (op == ACT) {
                memcpy(&torque, payload + 4, 8);
            } else { /* no answer in time: what is safe */
                torque = 0;
                missed++;
            }
            for (int i = 0; i < 10; i++) { /* the step passes */
                rate += 0.005 * (2 * torque - 0.1 * rate) / 0.05;
                angle += 0.005 * rate;
            }
        }
    }
}
