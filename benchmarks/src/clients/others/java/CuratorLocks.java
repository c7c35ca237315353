// Curator's InterProcessMutex, with the same lines on stdin and stdout as recipes/kazoo-locks.py.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;

public class CuratorLocks {
  static final List<CuratorFramework> clients = new ArrayList<>();

  static double measure(String hosts, String path, int number, double seconds) throws Exception {
    while (clients.size() < number) clients.add(CuratorClient.connect(hosts));
    AtomicLong count = new AtomicLong();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Thread> threads = new ArrayList<>();
    for (CuratorFramework zk : clients.subList(0, number)) {
      InterProcessMutex mutex = new InterProcessMutex(zk, path);
      Thread thread = new Thread(() -> {
        try {
          while (System.nanoTime() < end) {
            mutex.acquire();
            count.incrementAndGet();
            mutex.release();
          }
        } catch (Exception error) {
          error.printStackTrace();
          System.exit(1);
        }
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    return count.get() / ((System.nanoTime() - start) / 1e9);
  }

  public static void main(String[] args) throws Exception {
    Rounds.say("{\"version\":\"5.9.0\"}");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String path = Rounds.field(line, "path");
      int number = Integer.parseInt(Rounds.field(line, "clients"));
      double perSecond = measure(args[0], path, number, Double.parseDouble(Rounds.field(line, "seconds")));
      Rounds.say(String.format(Locale.ROOT, "{\"perSecond\":%f}", perSecond));
    }
    System.exit(0);
  }
}
