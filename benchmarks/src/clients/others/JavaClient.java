// Apache's Java client through its callbacks; the lines on stdin and stdout are those of support/cell.ts.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

public class JavaClient {
  interface Issue { void send(Runnable done); }

  static final int SAMPLE_EVERY = 61;
  static ZooKeeper zk;
  static int created = 0;

  static String field(String line, String name) {
    Matcher m = Pattern.compile("\"" + name + "\":(?:\"([^\"]*)\"|([-0-9.eE]+))").matcher(line);
    if (!m.find()) return "0";
    return m.group(1) != null ? m.group(1) : m.group(2);
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  static void check(int rc, Runnable done) {
    if (rc != 0) {
      say("{\"error\":\"rc " + rc + "\"}");
      System.exit(1);
    }
    done.run();
  }

  static Issue issueFor(String load, String node, String parent, byte[] data) {
    Issue get = done -> zk.getData(node, false, (rc, p, c, d, s) -> check(rc, done), null);
    Issue set = done -> zk.setData(node, data, -1, (rc, p, c, s) -> check(rc, done), null);
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

  /** Requests are sent from the thread of callbacks alone once a round has begun: no lock is needed. */
  static class Round {
    final Issue issue;
    final int sampleEvery;
    final long until;
    final CountDownLatch ended = new CountDownLatch(1);
    final long[] samples = new long[1 << 17];
    int sampled = 0;
    long issued = 0;
    long answered = 0;
    int untilSample;

    Round(Issue issue, int inFlight, double seconds) {
      this.issue = issue;
      sampleEvery = untilSample = inFlight <= 16 ? 1 : SAMPLE_EVERY;
      until = System.nanoTime() + (long) (seconds * 1e9);
    }

    synchronized void send() {
      issued++;
      if (--untilSample > 0) {
        issue.send(this::done);
        return;
      }
      untilSample = sampleEvery;
      long sentAt = System.nanoTime();
      issue.send(() -> {
        samples[sampled++ & (samples.length - 1)] = System.nanoTime() - sentAt;
        done();
      });
    }

    synchronized void done() {
      answered++;
      if (System.nanoTime() < until) send();
      else if (answered == issued) ended.countDown();
    }
  }

  static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  static long peakRss() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    return 0;
  }

  static void run(Issue issue, int inFlight, double seconds) throws Exception {
    long cpu = cpuNanos();
    long start = System.nanoTime();
    Round round = new Round(issue, inFlight, seconds);
    synchronized (round) {
      for (int i = 0; i < inFlight; i++) round.send();
    }
    round.ended.await();
    double took = (System.nanoTime() - start) / 1e9;
    double user = (cpuNanos() - cpu) / 1e3;
    long[] sorted = Arrays.copyOf(round.samples, Math.min(round.sampled, round.samples.length));
    Arrays.sort(sorted);
    double p50 = sorted.length == 0 ? 0 : sorted[sorted.length / 2] / 1e3;
    double p99 = sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)] / 1e3;
    say(String.format(Locale.ROOT,
        "{\"ops\":%d,\"seconds\":%f,\"user\":%f,\"system\":0,\"p50\":%f,\"p99\":%f,\"rss\":%d}",
        round.answered, took, user, p50, p99, peakRss()));
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    String cell = in.readLine();
    byte[] data = new byte[(int) Double.parseDouble(field(cell, "payload"))];
    Arrays.fill(data, (byte) 'x');
    Issue issue = Double.parseDouble(field(cell, "rate")) > 0 ? null
        : issueFor(field(cell, "load"), field(cell, "node"), field(cell, "parent"), data);
    int inFlight = Integer.parseInt(field(cell, "inFlight"));
    if (issue == null) {
      say("{\"skip\":\"does not do this load here\"}");
    } else {
      CountDownLatch connected = new CountDownLatch(1);
      zk = new ZooKeeper(field(cell, "hosts"), 30_000, (WatchedEvent event) -> {
        if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
      });
      connected.await();
      say("{\"ready\":true,\"version\":\"" + org.apache.zookeeper.Version.getVersion() + "\"}");
    }
    for (String line = in.readLine(); line != null; line = in.readLine())
      run(issue, inFlight, Double.parseDouble(field(line, "seconds")));
    System.exit(0);
  }
}
