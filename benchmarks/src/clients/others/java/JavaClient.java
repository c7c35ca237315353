// Apache's Java client through its callbacks.

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

public class JavaClient implements Rounds.Connection {
  final ZooKeeper zk;
  int created = 0;

  JavaClient(String hosts) throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    zk = new ZooKeeper(hosts, 30_000, (WatchedEvent event) -> {
      if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
    });
    connected.await();
  }

  static void check(int rc, Runnable done) {
    if (rc != 0) Rounds.fail("rc " + rc);
    done.run();
  }

  public Rounds.Issue issueFor(String load, String node, String parent, byte[] data) {
    Rounds.Issue get = done -> zk.getData(node, false, (rc, p, c, d, s) -> check(rc, done), null);
    Rounds.Issue set = done -> zk.setData(node, data, -1, (rc, p, c, s) -> check(rc, done), null);
    int[] turn = {0};
    List<Op> ops = new ArrayList<>();
    for (int i = 0; i < 10; i++) ops.add(Op.setData(node, data, -1));
    switch (load) {
      case "getData": return get;
      case "setData": return set;
      case "exists": return done -> zk.exists(node, false, (rc, p, c, s) -> check(rc, done), null);
      case "getChildren": return done -> zk.getChildren(parent, false, (rc, p, c, l, s) -> check(rc, done), null);
      case "mixed": return done -> (turn[0]++ % 10 == 9 ? set : get).send(done);
      case "multi": return done -> zk.multi(ops, (rc, p, c, r) -> check(rc, done), null);
      case "createDelete": return done -> {
        String path = "/bench/scratch/" + ProcessHandle.current().pid() + "-" + created++;
        zk.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
            (rc, p, c, n) -> check(rc, () -> {}), null);
        zk.delete(path, -1, (rc, p, c) -> check(rc, done), null);
      };
      default: return null;
    }
  }

  public String version() {
    return org.apache.zookeeper.Version.getVersion();
  }

  public static void main(String[] args) throws Exception {
    Rounds.serve(JavaClient::new);
  }
}
