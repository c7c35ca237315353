// Curator's cache of a tree, and what it offers for whole trees, with the lines on stdin and stdout of budget/programs/tree.ts.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.ZKUtil;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

public class CuratorTree {
  static CuratorFramework zk;
  static CuratorCache cache;
  static final AtomicInteger changes = new AtomicInteger();
  static volatile long connectedAt = 0;
  static volatile int awaited = Integer.MAX_VALUE;
  static volatile CountDownLatch changed;

  static long heap() throws Exception {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(50);
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  static double since(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  static String cache(String path) throws Exception {
    long before = heap();
    CountDownLatch initialized = new CountDownLatch(1);
    cache = CuratorCache.build(zk, path);
    cache.listenable().addListener(CuratorCacheListener.builder().forInitialized(initialized::countDown).build());
    long start = System.nanoTime();
    cache.start();
    initialized.await();
    double took = since(start);
    long bytes = heap() - before;
    return String.format("\"ms\":%f,\"count\":%d,\"bytes\":%d", took, cache.size(), bytes);
  }

  static void arm(int count) {
    changes.set(0);
    changed = new CountDownLatch(1);
    awaited = count;
    cache.listenable().addListener(CuratorCacheListener.builder().forChanges((before, after) -> {
      if (changes.incrementAndGet() == awaited) changed.countDown();
    }).build());
    zk.getConnectionStateListenable().addListener((client, state) -> {
      if (state == ConnectionState.RECONNECTED) connectedAt = System.nanoTime();
    });
  }

  static String walk(String path) throws Exception {
    long start = System.nanoTime();
    List<String> all = ZKUtil.listSubTreeBFS(zk.getZookeeperClient().getZooKeeper(), path);
    return String.format("\"ms\":%f,\"count\":%d", since(start), all.size());
  }

  static String export(String path) throws Exception {
    long start = System.nanoTime();
    List<String> all = ZKUtil.listSubTreeBFS(zk.getZookeeperClient().getZooKeeper(), path);
    long bytes = 0;
    for (String one : all) {
      Stat stat = new Stat();
      byte[] data = zk.getData().storingStatIn(stat).forPath(one);
      List<ACL> acl = zk.getACL().forPath(one);
      bytes += (data == null ? 0 : data.length) + acl.size() + stat.getVersion();
    }
    return String.format("\"ms\":%f,\"count\":%d,\"bytes\":%d", since(start), all.size(), bytes);
  }

  static String remove(String path) throws Exception {
    long start = System.nanoTime();
    zk.delete().deletingChildrenIfNeeded().forPath(path);
    return String.format("\"ms\":%f", since(start));
  }

  static String run(String line) throws Exception {
    String path = Rounds.field(line, "path");
    switch (Rounds.field(line, "step")) {
      case "connect":
        zk = CuratorClient.connect(Rounds.field(line, "hosts"));
        return "\"ms\":0";
      case "cache": return cache(path);
      case "arm":
        arm(Integer.parseInt(Rounds.field(line, "count")));
        return "\"ms\":0";
      case "changed":
        changed.await();
        return String.format("\"ms\":%f", since(connectedAt));
      case "walk": return walk(path);
      case "export": return export(path);
      case "remove": return remove(path);
      default: throw new IllegalArgumentException(line);
    }
  }

  public static void main(String[] args) throws Exception {
    java.util.Locale.setDefault(java.util.Locale.ROOT);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        Rounds.say("{" + run(line) + "}");
      } catch (Exception error) {
        Rounds.fail(error);
      }
    }
    System.exit(0);
  }
}
