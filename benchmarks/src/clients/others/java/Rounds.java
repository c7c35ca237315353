// What the clients in Java share: the lines on stdin and stdout, which are those of support/cell.ts, and the loop that keeps
// requests in flight.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Rounds {
  interface Issue { void send(Runnable done) throws Exception; }

  /** A session of the measured client. */
  interface Connection {
    /** Returns what sends one request of a load; null if the client does not do it. */
    Issue issueFor(String load, String node, String parent, byte[] data);
    String version();
  }

  interface Connect { Connection to(String hosts) throws Exception; }

  static final int SAMPLE_EVERY = 61;

  static String field(String line, String name) {
    Matcher m = Pattern.compile("\"" + name + "\":(?:\"([^\"]*)\"|([-0-9.eE]+))").matcher(line);
    if (!m.find()) return "0";
    return m.group(1) != null ? m.group(1) : m.group(2);
  }

  static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  static void fail(Object error) {
    say("{\"error\":\"" + String.valueOf(error).replaceAll("[\"\\\\\n]", " ") + "\"}");
    System.exit(1);
  }

  /** Measures what the lines on stdin order. */
  static void serve(Connect connect) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    String cell = in.readLine();
    byte[] data = new byte[(int) Double.parseDouble(field(cell, "payload"))];
    Arrays.fill(data, (byte) 'x');
    int inFlight = Integer.parseInt(field(cell, "inFlight"));
    Connection connection = Double.parseDouble(field(cell, "rate")) > 0 ? null : connect.to(field(cell, "hosts"));
    Issue issue = connection == null ? null
        : connection.issueFor(field(cell, "load"), field(cell, "node"), field(cell, "parent"), data);
    if (issue == null) say("{\"skip\":\"does not do this load here\"}");
    else say("{\"ready\":true,\"version\":\"" + connection.version() + "\"}");
    for (String line = in.readLine(); line != null; line = in.readLine())
      run(issue, inFlight, Double.parseDouble(field(line, "seconds")));
    System.exit(0);
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
      try {
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
      } catch (Exception error) {
        fail(error);
      }
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

  static double at(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * share)] / 1e3;
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
    say(String.format(Locale.ROOT,
        "{\"ops\":%d,\"seconds\":%f,\"user\":%f,\"system\":0,\"p50\":%f,\"p99\":%f,\"p999\":%f,\"rss\":%d}",
        round.answered, took, user, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), peakRss()));
  }
}
