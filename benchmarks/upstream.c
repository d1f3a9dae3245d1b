/* The scripted provider of the benchmarks: one epoll thread, HTTP/1.1 with keep-alive, on 127.0.0.1.
 *
 *   upstream PORT LATENCY_US CHUNKS INTERVAL_US KEY
 *
 * A POST whose body has "stream":true gets CHUNKS events, one every INTERVAL_US, then the usage and [DONE]; any other
 * gets a completion of about 550 bytes. Either begins LATENCY_US after the request was whole. Proof that a gateway did
 * its work: another bearer key than KEY is a 401, a model name that still has a slash a 400. A POST to /v1/messages is
 * answered as Anthropic would, and wants KEY in x-api-key. Linux only (epoll).
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

enum { MAX_FD = 16384, MAX_EVENTS = 512 };

typedef struct {
  char *in;
  size_t in_size, in_used;
  int sent;             /* events of the stream under way */
  int is_stream;
  int is_messages;      /* of Anthropic's dialect */
  unsigned generation;  /* tells a connection from an earlier one with the same descriptor */
} Conn;

typedef struct { long long due; int fd; unsigned generation; } Due;
/* Every wait of one kind is equally long, so what was queued first is due first: a ring is enough. */
typedef struct { Due *ring; size_t head, count; } Queue;

static Conn *conns[MAX_FD];
static Queue answers, pieces;
static long long latency_ns, interval_ns;
static int chunks;
static char bearer[256], api_key[256];
static char completion[2048], message[2048];
static size_t completion_bytes, message_bytes;
static unsigned generations;

static const char STREAM_HEAD[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    "x-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n";
#define CHUNK "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000," \
  "\"model\":\"gpt-4o-mini-2024-07-18\",\"system_fingerprint\":\"fp_bench\",\"choices\":[{\"index\":0,\"delta\":{%s}," \
  "\"logprobs\":null,\"finish_reason\":%s}]}\n\n"
static const char LAST[] =
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
    "\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[],\"usage\":{\"prompt_tokens\":57,\"completion_tokens\":100,"
    "\"total_tokens\":157}}\n\ndata: [DONE]\n\n";

#define MESSAGE_HEAD "\"id\":\"msg_01Bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-bench\","
static const char MESSAGE_START[] =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{" MESSAGE_HEAD "\"content\":[],"
    "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":57,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
#define MESSAGE_DELTA "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0," \
  "\"delta\":{\"type\":\"text_delta\",\"text\":\" word %d\"}}\n\n"
static const char MESSAGE_END[] =
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
    "\"stop_sequence\":null},\"usage\":{\"output_tokens\":100}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void later(Queue *queue, int fd, long long delay_ns) {
  Due due = {now_ns() + delay_ns, fd, conns[fd]->generation};
  queue->ring[(queue->head + queue->count++) % MAX_FD] = due;
}

static void send_all(int fd, const char *text, size_t left) {
  while (left) {
    ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
    if (sent > 0) { text += sent; left -= (size_t)sent; }
    else if (sent < 0 && errno == EAGAIN) usleep(50);  /* a reader this slow is not measured here */
    else return;
  }
}

static size_t framed(char *out, const char *text, size_t size) {
  int head = sprintf(out, "%zx\r\n", size);
  memcpy(out + head, text, size);
  memcpy(out + head + size, "\r\n", 2);
  return (size_t)head + size + 2;
}

static void next_message_piece(int fd) {
  Conn *conn = conns[fd];
  char event[1024], out[4096];
  size_t used = 0;
  if (conn->sent == 0) {
    memcpy(out, STREAM_HEAD, sizeof STREAM_HEAD - 1);
    used = sizeof STREAM_HEAD - 1;
    used += framed(out + used, MESSAGE_START, sizeof MESSAGE_START - 1);
  }
  if (conn->sent++ < chunks) {
    int size = snprintf(event, sizeof event, MESSAGE_DELTA, conn->sent);
    used += framed(out + used, event, (size_t)size);
    send_all(fd, out, used);
    later(&pieces, fd, interval_ns);
    return;
  }
  used += framed(out + used, MESSAGE_END, sizeof MESSAGE_END - 1);
  memcpy(out + used, "0\r\n\r\n", 5);
  send_all(fd, out, used + 5);
}

static void next_piece(int fd) {
  Conn *conn = conns[fd];
  if (conn->is_messages) { next_message_piece(fd); return; }
  char event[1024], out[4096];
  size_t used = 0;
  if (conn->sent == 0) { memcpy(out, STREAM_HEAD, sizeof STREAM_HEAD - 1); used = sizeof STREAM_HEAD - 1; }
  if (conn->sent++ < chunks) {
    char delta[64];
    snprintf(delta, sizeof delta, "\"content\":\" word %d\"", conn->sent);
    int size = snprintf(event, sizeof event, CHUNK, delta, "null");
    used += framed(out + used, event, (size_t)size);
    send_all(fd, out, used);
    later(&pieces, fd, interval_ns);
    return;
  }
  int size = snprintf(event, sizeof event, CHUNK, "", "\"stop\"");
  used += framed(out + used, event, (size_t)size);
  used += framed(out + used, LAST, sizeof LAST - 1);
  memcpy(out + used, "0\r\n\r\n", 5);
  send_all(fd, out, used + 5);
}

static void refuse(int fd, const char *status) {
  char out[256];
  static const char body[] = "{\"error\":{\"message\":\"refused by the benchmark's upstream\"}}";
  int size = snprintf(out, sizeof out, "HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
                      status, sizeof body - 1, body);
  send_all(fd, out, (size_t)size);
}

static void answer(int fd) {
  Conn *conn = conns[fd];
  if (conn->is_stream) { conn->sent = 0; next_piece(fd); }
  else if (conn->is_messages) send_all(fd, message, message_bytes);
  else send_all(fd, completion, completion_bytes);
}

static int has_slash_in_model(const char *body) {
  const char *at = strstr(body, "\"model\":");
  if (!at || !(at = strchr(at + 8, '"'))) return 0;
  const char *end = strchr(at + 1, '"');
  return end && memchr(at, '/', (size_t)(end - at)) != NULL;
}

static void take(int fd, const char *head, const char *body) {
  conns[fd]->is_messages = strncmp(head, "POST /v1/messages", 17) == 0;
  const char *wanted = conns[fd]->is_messages ? api_key : bearer;
  if (bearer[0] && !strcasestr(head, wanted)) { refuse(fd, "401 Unauthorized"); return; }
  if (has_slash_in_model(body)) { refuse(fd, "400 Bad Request"); return; }
  conns[fd]->is_stream = strstr(body, "\"stream\":true") != NULL || strstr(body, "\"stream\": true") != NULL;
  if (latency_ns) later(&answers, fd, latency_ns);
  else answer(fd);
}

static void drop(int fd) {
  free(conns[fd]->in);
  free(conns[fd]);
  conns[fd] = NULL;
  close(fd);
}

/* The size of the whole request at the start of `in`, or 0 while it is not whole; *body is set. */
static size_t whole(Conn *conn, char **body) {
  char *end = strstr(conn->in, "\r\n\r\n");
  if (!end) return 0;
  *body = end + 4;
  *end = 0;
  char *length = strcasestr(conn->in, "\r\ncontent-length:");
  char *coding = strcasestr(conn->in, "\r\ntransfer-encoding:");
  *end = '\r';
  if (coding) {
    char *last = strstr(*body, "0\r\n\r\n");
    return last ? (size_t)(last + 5 - conn->in) : 0;
  }
  size_t size = (size_t)(*body - conn->in) + (length ? strtoul(length + 17, NULL, 10) : 0);
  return conn->in_used >= size ? size : 0;
}

static void on_readable(int fd) {
  Conn *conn = conns[fd];
  if (conn->in_used + 65536 >= conn->in_size) {
    conn->in_size = conn->in_size * 2 + 131072;
    conn->in = realloc(conn->in, conn->in_size);
  }
  ssize_t got = recv(fd, conn->in + conn->in_used, conn->in_size - 1 - conn->in_used, 0);
  if (got <= 0) { if (got == 0 || errno != EAGAIN) drop(fd); return; }
  conn->in_used += (size_t)got;
  conn->in[conn->in_used] = 0;
  char *body;
  size_t size;
  while (conn->in_used && (size = whole(conn, &body)) != 0) {
    char kept = conn->in[size];
    conn->in[size] = 0;
    body[-4] = 0;
    take(fd, conn->in, body);
    conn->in[size] = kept;
    memmove(conn->in, conn->in + size, conn->in_used - size + 1);
    conn->in_used -= size;
  }
}

static void run_due(Queue *queue, long long now, void (*act)(int)) {
  for (size_t most = queue->count; most && queue->ring[queue->head].due <= now; most--) {
    Due due = queue->ring[queue->head];
    queue->head = (queue->head + 1) % MAX_FD;
    queue->count--;
    if (conns[due.fd] && conns[due.fd]->generation == due.generation) act(due.fd);
  }
}

static long long first_due(void) {
  long long first = 0;
  if (answers.count) first = answers.ring[answers.head].due;
  if (pieces.count && (!first || pieces.ring[pieces.head].due < first)) first = pieces.ring[pieces.head].due;
  return first;
}

static void prepare_completion(void) {
  static const char body[] =
      "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\","
      "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"SQLite in WAL mode lets readers proceed "
      "while one writer appends to the log; a checkpoint later folds the log into the main file. Batch your inserts in one "
      "transaction to amortise the fsync.\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
      "\"usage\":{\"prompt_tokens\":57,\"completion_tokens\":41,\"total_tokens\":98,\"prompt_tokens_details\":"
      "{\"cached_tokens\":0}},\"system_fingerprint\":\"fp_bench\"}";
  completion_bytes = (size_t)snprintf(completion, sizeof completion,
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: %zu\r\n\r\n%s",
      sizeof body - 1, body);
  static const char said[] =
      "{" MESSAGE_HEAD "\"content\":[{\"type\":\"text\",\"text\":\"SQLite in WAL mode lets readers proceed while one "
      "writer appends to the log; a checkpoint later folds the log into the main file. Batch your inserts in one "
      "transaction to amortise the fsync.\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"
      "{\"input_tokens\":57,\"cache_read_input_tokens\":0,\"output_tokens\":41}}";
  message_bytes = (size_t)snprintf(message, sizeof message,
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: %zu\r\n\r\n%s",
      sizeof said - 1, said);
}

static void accept_all(int listener, int ep) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= MAX_FD) { close(fd); continue; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conns[fd] = calloc(1, sizeof(Conn));
    conns[fd]->generation = ++generations;
    struct epoll_event event = {EPOLLIN, {.fd = fd}};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int argc, char **argv) {
  if (argc < 6) { fprintf(stderr, "usage: upstream PORT LATENCY_US CHUNKS INTERVAL_US KEY\n"); return 2; }
  latency_ns = atoll(argv[2]) * 1000;
  chunks = atoi(argv[3]);
  interval_ns = atoll(argv[4]) * 1000;
  if (argv[5][0]) {
    snprintf(bearer, sizeof bearer, "authorization: Bearer %s", argv[5]);
    snprintf(api_key, sizeof api_key, "x-api-key: %s", argv[5]);
  }
  signal(SIGPIPE, SIG_IGN);
  prepare_completion();
  answers.ring = calloc(MAX_FD, sizeof(Due));
  pieces.ring = calloc(MAX_FD, sizeof(Due));
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) { perror("upstream"); return 1; }
  int ep = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.fd = listener}}, events[MAX_EVENTS];
  epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    long long due = first_due(), now = now_ns();
    struct timespec wait = {0, 0};
    if (due > now) { wait.tv_sec = (due - now) / 1000000000LL; wait.tv_nsec = (due - now) % 1000000000LL; }
    int count = epoll_pwait2(ep, events, MAX_EVENTS, due ? &wait : NULL, NULL);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener) accept_all(listener, ep);
      else if (conns[events[i].data.fd]) on_readable(events[i].data.fd);
    }
    now = now_ns();
    run_due(&answers, now, answer);
    run_due(&pieces, now, next_piece);
  }
}
