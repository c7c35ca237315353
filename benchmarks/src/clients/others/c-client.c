/* Apache's C client, with its threads, through its callbacks; the lines on stdin and stdout are those of support/cell.ts. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>
#include <zookeeper/zookeeper_version.h>

enum { SAMPLE_EVERY = 61, SAMPLES = 1 << 17, MULTI = 10 };

typedef int (*issue_t)(const void *sent_at);

static zhandle_t *zh;
static char hosts[256], load[32], node[256], parent[256], *data;
static int payload, in_flight;
static long created;
static zoo_op_t ops[MULTI];
static struct Stat op_stats[MULTI];

/* One round: issued and answered are touched under the lock alone. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static issue_t issue;
static long issued, answered, sampled;
static int until_sample, connected;
static double until, samples[SAMPLES];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void say_error(int rc) {
  printf("{\"error\":\"%s\"}\n", zerror(rc));
  fflush(stdout);
  _exit(1);
}

static void send_one(void) {
  double *sent_at = NULL;
  issued++;
  if (--until_sample <= 0) {
    until_sample = in_flight <= 16 ? 1 : SAMPLE_EVERY;
    sent_at = malloc(sizeof *sent_at);
    *sent_at = now();
  }
  int rc = issue(sent_at);
  if (rc != ZOK) say_error(rc);
}

static void done(int rc, const void *sent_at) {
  if (rc != ZOK) say_error(rc);
  pthread_mutex_lock(&lock);
  if (sent_at) {
    samples[sampled++ & (SAMPLES - 1)] = now() - *(const double *)sent_at;
    free((void *)sent_at);
  }
  answered++;
  if (now() < until) send_one();
  else if (answered == issued) pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

static void on_data(int rc, const char *v, int n, const struct Stat *s, const void *c) { done(rc, c); }
static void on_stat(int rc, const struct Stat *s, const void *c) { done(rc, c); }
static void on_names(int rc, const struct String_vector *v, const struct Stat *s, const void *c) { done(rc, c); }
static void on_created(int rc, const char *v, const void *c) { if (rc != ZOK) say_error(rc); }

static int get_data(const void *c) { return zoo_aget(zh, node, 0, on_data, c); }
static int set_data(const void *c) { return zoo_aset(zh, node, data, payload, -1, on_stat, c); }
static int exists(const void *c) { return zoo_aexists(zh, node, 0, on_stat, c); }
static int get_children(const void *c) { return zoo_aget_children2(zh, parent, 0, on_names, c); }
static int mixed(const void *c) { return issued % 10 == 9 ? set_data(c) : get_data(c); }

/* The results must live until the answer comes. Its own are nowhere looked at, so that all requests share them. */
static zoo_op_result_t results[MULTI];
static int multi(const void *c) { return zoo_amulti(zh, MULTI, ops, results, done, c); }

static int create_delete(const void *c) {
  char path[64];
  snprintf(path, sizeof path, "/bench/scratch/%d-%ld", getpid(), created++);
  int rc = zoo_acreate(zh, path, data, payload, &ZOO_OPEN_ACL_UNSAFE, 0, on_created, NULL);
  return rc == ZOK ? zoo_adelete(zh, path, -1, done, c) : rc;
}

static const struct { const char *name; issue_t issue; } LOADS[] = {
  { "getData", get_data }, { "setData", set_data }, { "exists", exists }, { "getChildren", get_children },
  { "mixed", mixed }, { "multi", multi }, { "createDelete", create_delete },
};

static void watcher(zhandle_t *z, int type, int state, const char *path, void *context) {
  if (type != ZOO_SESSION_EVENT || state != ZOO_CONNECTED_STATE) return;
  pthread_mutex_lock(&lock);
  connected = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

static void field(const char *line, const char *name, char *value, size_t size) {
  char key[32];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(line, key);
  size_t n = 0;
  if (at) {
    at += strlen(key);
    if (*at == '"') at++;
    n = strcspn(at, "\",}");
    if (n >= size) n = size - 1;
    memcpy(value, at, n);
  }
  value[n] = 0;
}

static double number(const char *line, const char *name) {
  char text[64];
  field(line, name, text, sizeof text);
  return atof(text);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double micros(struct timeval t) { return t.tv_sec * 1e6 + t.tv_usec; }

static void round_of(double seconds) {
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  double start = now();
  pthread_mutex_lock(&lock);
  issued = answered = sampled = 0;
  until_sample = in_flight <= 16 ? 1 : SAMPLE_EVERY;
  until = start + seconds * 1e6;
  for (int i = 0; i < in_flight; i++) send_one();
  while (now() < until || answered < issued) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  double took = (now() - start) / 1e6;
  getrusage(RUSAGE_SELF, &after);
  long n = sampled < SAMPLES ? sampled : SAMPLES;
  qsort(samples, n, sizeof *samples, ascending);
  printf("{\"ops\":%ld,\"seconds\":%f,\"user\":%f,\"system\":%f,\"p50\":%f,\"p99\":%f,\"p999\":%f,\"rss\":%ld}\n",
         answered, took, micros(after.ru_utime) - micros(before.ru_utime),
         micros(after.ru_stime) - micros(before.ru_stime),
         n ? samples[n / 2] : 0, n ? samples[(long)(n * 0.99)] : 0, n ? samples[(long)(n * 0.999)] : 0,
         after.ru_maxrss * 1024);
}

static void prepare(const char *line) {
  field(line, "hosts", hosts, sizeof hosts);
  field(line, "load", load, sizeof load);
  field(line, "node", node, sizeof node);
  field(line, "parent", parent, sizeof parent);
  payload = number(line, "payload");
  in_flight = number(line, "inFlight");
  data = malloc(payload + 1);
  memset(data, 'x', payload);
  for (int i = 0; i < MULTI; i++) zoo_set_op_init(&ops[i], node, data, payload, -1, &op_stats[i]);
  for (size_t i = 0; i < sizeof LOADS / sizeof *LOADS; i++)
    if (number(line, "rate") == 0 && strcmp(load, LOADS[i].name) == 0) issue = LOADS[i].issue;
}

static void ready(void) {
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zh = zookeeper_init(hosts, watcher, 30000, NULL, NULL, 0);
  pthread_mutex_lock(&lock);
  while (!connected) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  printf("{\"ready\":true,\"version\":\"%s\"}\n", ZOO_VERSION);
}

int main(void) {
  char line[2048];
  if (!fgets(line, sizeof line, stdin)) return 1;
  prepare(line);
  if (issue) ready();
  else printf("{\"skip\":\"does not do this load here\"}\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    round_of(number(line, "seconds"));
    fflush(stdout);
  }
  return 0;
}
