/* The load client of the benchmarks: one epoll thread, a closed loop of keep-alive connections to 127.0.0.1.
 *
 *   client PORT CONNECTIONS REQUESTS SECONDS HEAD_FILE BODY_FILE
 *
 * Each connection sends the request (HEAD_FILE without its length line and empty line, then BODY_FILE), reads the whole
 * reply, and sends again, until REQUESTS are done or SECONDS are over (0 = no limit); what is under way is then
 * finished, at most 30 s longer. Prints one JSON object; times in microseconds, from the first byte sent.
 * An error is: no 200, a reply that breaks off, a connection refused. Linux only (epoll).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_BYTES = 32768, READ_BYTES = 65536 };
enum { IN_HEAD, IN_LENGTH, IN_CHUNK_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER };

typedef struct {
  int fd, state, status, has_data, is_connecting, is_active;
  char head[HEAD_BYTES];
  size_t head_used, sent;
  long long left, began;
  int breaks;           /* line feeds in a row: two end an event */
} Conn;

static char *request;
static size_t request_bytes;
static int port, ep;
static long limit, started_count, done, errors, events, worst_status;
static long long deadline, bytes_in;
static double *latencies, *firsts;
static long first_count, room;

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static char *slurp(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(2); }
  char *text = malloc(1 << 22);
  *size = fread(text, 1, 1 << 22, file);
  fclose(file);
  return text;
}

static int may_start(void) {
  return (!limit || started_count < limit) && (!deadline || now_ns() < deadline);
}

static void connect_it(Conn *conn) {
  int one = 1;
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  connect(conn->fd, (void *)&address, sizeof address);
  conn->is_connecting = 1;
  struct epoll_event event = {EPOLLIN | EPOLLOUT, {.ptr = conn}};
  epoll_ctl(ep, EPOLL_CTL_ADD, conn->fd, &event);
}

static void listen_for(Conn *conn, unsigned what) {
  struct epoll_event event = {what, {.ptr = conn}};
  epoll_ctl(ep, EPOLL_CTL_MOD, conn->fd, &event);
}

static int push(Conn *conn) {
  while (conn->sent < request_bytes) {
    ssize_t sent = send(conn->fd, request + conn->sent, request_bytes - conn->sent, MSG_NOSIGNAL);
    if (sent > 0) { conn->sent += (size_t)sent; continue; }
    if (sent < 0 && errno == EAGAIN) { listen_for(conn, EPOLLIN | EPOLLOUT); return 1; }
    return 0;
  }
  return 1;
}

static int begin(Conn *conn) {
  started_count++;
  conn->is_active = 1;
  conn->state = IN_HEAD;
  conn->head_used = conn->sent = 0;
  conn->has_data = conn->breaks = 0;
  conn->began = now_ns();
  return push(conn);
}

static void finish(Conn *conn) {
  if (done < room) latencies[done] = (double)(now_ns() - conn->began) / 1000.0;
  done++;
  conn->is_active = 0;
  if (conn->status != 200) { errors++; worst_status = conn->status; }
}

static void fail(Conn *conn) {
  if (conn->is_active) { done++; errors++; conn->is_active = 0; if (done <= room) latencies[done - 1] = 0; }
  else if (conn->is_connecting) { started_count++; done++; errors++; if (done <= room) latencies[done - 1] = 0; }
  close(conn->fd);
  conn->fd = -1;
}

static void hear(Conn *conn, const char *text, size_t size) {
  if (!conn->has_data && size) {
    conn->has_data = 1;
    if (first_count < room) firsts[first_count++] = (double)(now_ns() - conn->began) / 1000.0;
  }
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\n') { if (++conn->breaks == 2) { events++; conn->breaks = 0; } }
    else conn->breaks = 0;
  }
}

static void read_head(Conn *conn) {
  conn->status = atoi(conn->head + 9);
  char *length = strcasestr(conn->head, "\r\ncontent-length:");
  conn->left = length ? atoll(length + 17) : 0;
  conn->state = length ? IN_LENGTH : IN_CHUNK_SIZE;
  conn->head_used = 0;
}

/* Feeds bytes of a reply; 1 when it is whole, 0 when more is wanted, -1 for nonsense. */
static int feed(Conn *conn, char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    if (conn->state == IN_LENGTH || conn->state == IN_CHUNK) {
      size_t piece = size - at < (size_t)conn->left ? size - at : (size_t)conn->left;
      hear(conn, text + at, piece);
      at += piece;
      conn->left -= (long long)piece;
      if (conn->left) return 0;
      if (conn->state == IN_LENGTH) return 1;
      conn->state = IN_CHUNK_END;
      continue;
    }
    if (conn->head_used >= HEAD_BYTES - 1) return -1;
    char byte = text[at++];
    conn->head[conn->head_used++] = byte;
    if (byte != '\n') continue;
    conn->head[conn->head_used] = 0;
    if (conn->state == IN_HEAD) {
      if (conn->head_used < 4 || memcmp(conn->head + conn->head_used - 4, "\r\n\r\n", 4)) continue;
      read_head(conn);
      if (conn->state == IN_LENGTH && !conn->left) return 1;
      continue;
    }
    size_t used = conn->head_used;
    conn->head_used = 0;
    if (conn->state == IN_CHUNK_END) conn->state = IN_CHUNK_SIZE;
    else if (conn->state == IN_TRAILER) { if (used == 2) return 1; }
    else {
      conn->left = strtoll(conn->head, NULL, 16);
      conn->state = conn->left ? IN_CHUNK : IN_TRAILER;
    }
  }
  return 0;
}

static void on_event(Conn *conn, unsigned what) {
  static char text[READ_BYTES];
  if (conn->is_connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { fail(conn); return; }
    conn->is_connecting = 0;
    listen_for(conn, EPOLLIN);
    if (may_start() && !begin(conn)) fail(conn);
    return;
  }
  if ((what & EPOLLOUT) && conn->is_active) {
    listen_for(conn, EPOLLIN);
    if (!push(conn)) { fail(conn); return; }
  }
  if (!(what & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  ssize_t got = recv(conn->fd, text, READ_BYTES, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { fail(conn); return; }
  bytes_in += got;
  int is_whole = conn->is_active ? feed(conn, text, (size_t)got) : -1;
  if (is_whole < 0) { fail(conn); return; }
  if (!is_whole) return;
  finish(conn);
  if (may_start() && !begin(conn)) fail(conn);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double percentile(double *sorted, long count, double share) {
  if (!count) return 0;
  long rank = (long)(share * (double)count + 0.999999);
  return sorted[(rank < 1 ? 1 : rank > count ? count : rank) - 1];
}

static void report(double seconds) {
  long kept = done < room ? done : room;
  double sum = 0;
  for (long i = 0; i < kept; i++) sum += latencies[i];
  qsort(latencies, (size_t)kept, sizeof(double), by_value);
  qsort(firsts, (size_t)first_count, sizeof(double), by_value);
  printf("{\"requests\":%ld,\"errors\":%ld,\"worst_status\":%ld,\"seconds\":%.4f,\"bytes\":%lld,\"events\":%ld,"
         "\"mean_us\":%.1f,\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"first_p50_us\":%.1f}\n",
         done, errors, worst_status, seconds, bytes_in, events, kept ? sum / (double)kept : 0,
         percentile(latencies, kept, 0.5), percentile(latencies, kept, 0.95), percentile(latencies, kept, 0.99),
         kept ? latencies[kept - 1] : 0, percentile(firsts, first_count, 0.5));
}

int main(int argc, char **argv) {
  if (argc < 7) { fprintf(stderr, "usage: client PORT CONNECTIONS REQUESTS SECONDS HEAD_FILE BODY_FILE\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  port = atoi(argv[1]);
  int count = atoi(argv[2]);
  limit = atol(argv[3]);
  double seconds = atof(argv[4]);
  size_t head_bytes, body_bytes;
  char *head = slurp(argv[5], &head_bytes), *body = slurp(argv[6], &body_bytes);
  request = malloc(head_bytes + body_bytes + 64);
  request_bytes = head_bytes;
  memcpy(request, head, head_bytes);
  request_bytes += (size_t)sprintf(request + head_bytes, "content-length: %zu\r\n\r\n", body_bytes);
  memcpy(request + request_bytes, body, body_bytes);
  request_bytes += body_bytes;
  room = limit ? limit : 2000000;
  latencies = malloc(sizeof(double) * (size_t)room);
  firsts = malloc(sizeof(double) * (size_t)room);
  ep = epoll_create1(0);
  Conn *conns = calloc((size_t)count, sizeof(Conn));
  long long start = now_ns();
  if (seconds > 0) deadline = start + (long long)(seconds * 1e9);
  for (int i = 0; i < count; i++) connect_it(&conns[i]);
  struct epoll_event ready[512];
  long long last = 0;
  for (;;) {
    int is_over = !may_start();
    if (is_over && done >= started_count) break;
    if (is_over && !last) last = now_ns() + 30000000000LL;
    if (last && now_ns() > last) { errors += started_count - done; break; }
    int got = epoll_wait(ep, ready, 512, 100);
    for (int i = 0; i < got; i++) {
      Conn *conn = ready[i].data.ptr;
      on_event(conn, ready[i].events);
      if (conn->fd < 0 && may_start() && errors < 1000) connect_it(conn);
    }
    if (errors >= 1000) break;
  }
  report((double)(now_ns() - start) / 1e9);
  return 0;
}
