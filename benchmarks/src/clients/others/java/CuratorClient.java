// Apache Curator's framework through its background operations.

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.retry.RetryOneTime;

public class CuratorClient implements Rounds.Connection {
  final CuratorFramework zk;
  int created = 0;

  CuratorClient(String hosts) throws Exception {
    zk = connect(hosts);
  }

  /** Connects as the programs that measure Curator's recipes do, too. */
  static CuratorFramework connect(String hosts) throws Exception {
    CuratorFramework zk = CuratorFrameworkFactory.builder().connectString(hosts).sessionTimeoutMs(30_000)
        .connectionTimeoutMs(15_000).retryPolicy(new RetryOneTime(10)).ensembleTracker(false).build();
    zk.start();
    zk.blockUntilConnected();
    return zk;
  }

  static BackgroundCallback then(Runnable done) {
    return (client, event) -> {
      if (event.getResultCode() != 0) Rounds.fail("rc " + event.getResultCode());
      done.run();
    };
  }

  public Rounds.Issue issueFor(String load, String node, String parent, byte[] data) {
    Rounds.Issue get = done -> zk.getData().inBackground(then(done)).forPath(node);
    Rounds.Issue set = done -> zk.setData().inBackground(then(done)).forPath(node, data);
    int[] turn = {0};
    switch (load) {
      case "getData": return get;
      case "setData": return set;
      case "exists": return done -> zk.checkExists().inBackground(then(done)).forPath(node);
      case "getChildren": return done -> zk.getChildren().inBackground(then(done)).forPath(parent);
      case "mixed": return done -> (turn[0]++ % 10 == 9 ? set : get).send(done);
      case "createDelete": return done -> {
        String path = "/bench/scratch/" + ProcessHandle.current().pid() + "-" + created++;
        zk.create().inBackground(then(() -> {})).forPath(path, data);
        zk.delete().inBackground(then(done)).forPath(path);
      };
      default: return null;
    }
  }

  public String version() {
    return "5.9.0";
  }

  public static void main(String[] args) throws Exception {
    Rounds.serve(CuratorClient::new);
  }
}
