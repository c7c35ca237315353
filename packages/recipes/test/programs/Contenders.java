import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;

/**
 * Curator's contenders. Takes lines `latch PATH ID`, `selector PATH ID`, `mutex PATH ID` and `end ID`, and prints
 * `ready`, `holds ID` and `ended ID`. Usage: Contenders HOSTS.
 */
public class Contenders {
    private static final Map<String, AutoCloseable> RUNNING = new ConcurrentHashMap<>();

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static void latch(CuratorFramework client, String path, String id) throws Exception {
        LeaderLatch latch = new LeaderLatch(client, path, id);
        latch.addListener(new LeaderLatchListener() {
            @Override
            public void isLeader() {
                say("holds " + id);
            }

            @Override
            public void notLeader() { }
        });
        latch.start();
        RUNNING.put(id, () -> {
            latch.close();
            say("ended " + id);
        });
    }

    private static void selector(CuratorFramework client, String path, String id) {
        CountDownLatch end = new CountDownLatch(1);
        LeaderSelector selector = new LeaderSelector(client, path, new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework elected) throws Exception {
                say("holds " + id);
                end.await();
            }
        });
        selector.setId(id);
        selector.start();
        RUNNING.put(id, () -> {
            end.countDown();
            selector.close();
            say("ended " + id);
        });
    }

    private static void mutex(CuratorFramework client, String path, String id) {
        InterProcessMutex mutex = new InterProcessMutex(client, path);
        CountDownLatch end = new CountDownLatch(1);
        RUNNING.put(id, end::countDown);
        new Thread(() -> {
            try {
                mutex.acquire();
                say("holds " + id);
                end.await();
                mutex.release();
                say("ended " + id);
            } catch (Exception e) {
                say("failed " + id + " " + e);
            }
        }).start();
    }

    public static void main(String[] arguments) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], new RetryForever(100));
        client.start();
        client.blockUntilConnected();
        say("ready");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = input.readLine()) != null; ) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "latch": latch(client, words[1], words[2]); break;
                case "selector": selector(client, words[1], words[2]); break;
                case "mutex": mutex(client, words[1], words[2]); break;
                default: RUNNING.remove(words[1]).close();
            }
        }
        client.close();
        System.exit(0);
    }
}
