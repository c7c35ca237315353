/* Drives the C client through the transcript that ../transcript.ts states. Usage: client HOSTS. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

enum { TIME_LIMIT = 20, LOOKS = 400, ROOM = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected, arrived;
static char event[ROOM];

static void check(int rc, const char *what) {
  if (rc == ZOK) return;
  printf("%s: %s\n", what, zerror(rc));
  exit(1);
}

static void on_session(zhandle_t *zk, int type, int state, const char *path, void *context) {
  (void)zk, (void)path, (void)context;
  if (type != ZOO_SESSION_EVENT) return;
  pthread_mutex_lock(&lock);
  connected = connected || state == ZOO_CONNECTED_STATE;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* A lost connection is told to every watcher, and ends none of them. */
static void on_event(zhandle_t *zk, int type, int state, const char *path, void *context) {
  (void)zk, (void)state, (void)context;
  if (type == ZOO_SESSION_EVENT) return;
  const char *name = type == ZOO_CHANGED_EVENT ? "CHANGED" : type == ZOO_CHILD_EVENT ? "CHILD" : "other";
  pthread_mutex_lock(&lock);
  snprintf(event, sizeof event, "event %s %s", name, path);
  arrived = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static int wait_for(int *flag) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += TIME_LIMIT;
  int rc = 0;
  pthread_mutex_lock(&lock);
  while (!*flag && rc == 0) rc = pthread_cond_timedwait(&changed, &lock, &deadline);
  *flag = 0;
  pthread_mutex_unlock(&lock);
  return rc == 0;
}

static void tell_event(void) { puts(wait_for(&arrived) ? event : "event missing"); }

static zhandle_t *open_session(const char *hosts) {
  zhandle_t *zk = zookeeper_init(hosts, on_session, 10000, NULL, NULL, 0);
  if (zk == NULL || !wait_for(&connected)) {
    puts("no connection");
    exit(1);
  }
  return zk;
}

static void create(zhandle_t *zk, const char *path, const char *data, int flags, char *made) {
  check(zoo_create(zk, path, data, strlen(data), &ZOO_OPEN_ACL_UNSAFE, flags, made, ROOM), path);
}

static int read_data(zhandle_t *zk, const char *path, int watch, char *data, struct Stat *stat) {
  int size = ROOM - 1;
  int rc = zoo_wget(zk, path, watch ? on_event : NULL, NULL, data, &size, stat);
  data[size > 0 && rc == ZOK ? size : 0] = '\0';
  return rc;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void tell_children(zhandle_t *zk) {
  struct String_vector names;
  check(zoo_get_children(zk, "/app", 0, &names), "children");
  qsort(names.data, names.count, sizeof *names.data, by_name);
  printf("children");
  for (int i = 0; i < names.count; i++) printf(" %s", names.data[i]);
  printf("\n");
  deallocate_String_vector(&names);
}

static void nodes(zhandle_t *zk) {
  char made[ROOM], data[ROOM];
  struct Stat stat;
  create(zk, "/app", "v1", 0, made);
  printf("create %s\n", made);
  check(read_data(zk, "/app", 0, data, &stat), "get");
  printf("get %s %d\n", data, stat.version);
  check(zoo_set2(zk, "/app", "v2", 2, -1, &stat), "set");
  printf("set %d\n", stat.version);
  create(zk, "/app/e", "", ZOO_EPHEMERAL, made);
  check(zoo_exists(zk, "/app/e", 0, &stat), "exists");
  printf("ephemeral %s\n", stat.ephemeralOwner == zoo_client_id(zk)->client_id ? "mine" : "not mine");
  for (int i = 0; i < 2; i++) {
    create(zk, "/app/s-", "", ZOO_SEQUENCE, made);
    printf("sequence %s\n", made);
  }
  tell_children(zk);
}

static void events(zhandle_t *zk) {
  char made[ROOM], data[ROOM];
  struct Stat stat;
  struct String_vector names;
  check(read_data(zk, "/app", 1, data, &stat), "get");
  check(zoo_set(zk, "/app", "v3", 2, -1), "set");
  tell_event();
  check(zoo_wget_children(zk, "/app", on_event, NULL, &names), "children");
  deallocate_String_vector(&names);
  create(zk, "/app/c", "", 0, made);
  tell_event();
  check(zoo_delete(zk, "/app/c", -1), "delete");
  if (zoo_set(zk, "/app", "", 0, 99) == ZBADVERSION) puts("bad version");
}

static void transactions(zhandle_t *zk) {
  char made[ROOM] = "";
  zoo_op_t ops[2];
  zoo_op_result_t results[2];
  zoo_create_op_init(&ops[0], "/app/m", "made", 4, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made);
  zoo_set_op_init(&ops[1], "/app", "v4", 2, -1, NULL);
  check(zoo_multi(zk, 2, ops, results), "multi");
  printf("multi %s\n", strcmp(made, "/app/m") == 0 ? "done" : "failed");
  zoo_create_op_init(&ops[0], "/app/n", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made);
  zoo_check_op_init(&ops[1], "/app", 99);
  printf("multi %s\n", zoo_multi(zk, 2, ops, results) == ZBADVERSION ? "refused" : "failed");
  tell_children(zk);
}

static void on_auth(int rc, const void *context) {
  (void)context;
  check(rc, "auth");
  pthread_mutex_lock(&lock);
  arrived = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void secrets(zhandle_t *zk, zhandle_t *other) {
  char data[ROOM];
  struct Stat stat;
  struct ACL_vector acl;
  check(zoo_add_auth(zk, "digest", "alice:secret", 12, on_auth, NULL), "auth");
  wait_for(&arrived);
  check(zoo_create(zk, "/app/secret", "hidden", 6, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0), "create");
  check(read_data(zk, "/app/secret", 0, data, &stat), "get");
  printf("owner reads %s\n", data);
  check(zoo_get_acl(zk, "/app/secret", &acl, &stat), "acl");
  printf("acl %s %s %d\n", acl.data->id.scheme, acl.data->id.id, acl.data->perms);
  deallocate_ACL_vector(&acl);
  if (read_data(other, "/app/secret", 0, data, &stat) == ZNOAUTH) puts("stranger refused");
}

static void reconnect(zhandle_t *zk) {
  char data[ROOM], line[ROOM];
  struct Stat stat;
  int64_t session = zoo_client_id(zk)->client_id;
  int rc;
  check(read_data(zk, "/app", 1, data, &stat), "get");
  puts("drop");
  if (fgets(line, sizeof line, stdin) == NULL) exit(1);
  while ((rc = zoo_exists(zk, "/app/e", 0, &stat)) == ZCONNECTIONLOSS) usleep(50000);
  check(rc, "exists");
  printf("session %s\n",
         stat.ephemeralOwner == session && zoo_client_id(zk)->client_id == session ? "kept" : "lost");
  check(read_data(zk, "/app/secret", 0, data, &stat), "get");
  printf("owner reads %s\n", data);
  check(zoo_set(zk, "/app", "v5", 2, -1), "set");
  tell_event();
}

int main(int argc, char **argv) {
  char data[ROOM];
  struct Stat stat;
  if (argc != 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  zoo_set_debug_level(0);
  zhandle_t *zk = open_session(argv[1]);
  zhandle_t *other = open_session(argv[1]);
  nodes(zk);
  events(zk);
  transactions(zk);
  secrets(zk, other);
  reconnect(zk);
  check(zoo_delete(zk, "/app/m", -1), "delete");
  if (read_data(zk, "/app/m", 0, data, &stat) == ZNONODE) puts("deleted");
  zookeeper_close(zk);
  /* It sends its goodbye and does not wait for the answer: another connection may be served first. */
  int looks = 0;
  while (zoo_exists(other, "/app/e", 0, &stat) != ZNONODE && looks++ < LOOKS) usleep(50000);
  printf("ephemeral %s\n", looks < LOOKS ? "gone" : "left");
  zookeeper_close(other);
  return 0;
}
