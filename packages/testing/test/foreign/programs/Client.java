import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/** Drives the Java client through the transcript that ../transcript.ts states. Usage: Client HOSTS. */
public final class Client {
    private static final int TIME_LIMIT = 20;

    /** Carries the transcript alone: a logger that writes to standard output finds standard error in its place. */
    private static final PrintStream TRANSCRIPT = System.out;

    static {
        System.setOut(System.err);
    }

    private static final BlockingQueue<String> EVENTS = new LinkedBlockingQueue<>();

    /** A lost connection is told to every watcher, and ends none of them. */
    private static final Watcher WATCHER = event -> {
        switch (event.getType()) {
            case NodeDataChanged -> EVENTS.add("event CHANGED " + event.getPath());
            case NodeChildrenChanged -> EVENTS.add("event CHILD " + event.getPath());
            case None -> { }
            default -> EVENTS.add("event " + event);
        }
    };

    private final ZooKeeper zk;
    private final ZooKeeper other;

    private Client(String hosts) throws Exception {
        zk = open(hosts);
        other = open(hosts);
    }

    private static ZooKeeper open(String hosts) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(hosts, 10_000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
        });
        if (!connected.await(TIME_LIMIT, TimeUnit.SECONDS)) throw new IllegalStateException("no connection");
        return zk;
    }

    private static void say(String line) {
        TRANSCRIPT.println(line);
    }

    private static void sayEvent() throws InterruptedException {
        String event = EVENTS.poll(TIME_LIMIT, TimeUnit.SECONDS);
        say(event == null ? "event missing" : event);
    }

    private String create(String path, String data, CreateMode mode) throws Exception {
        return zk.create(path, data.getBytes(), Ids.OPEN_ACL_UNSAFE, mode);
    }

    private void sayChildren() throws Exception {
        say("children " + zk.getChildren("/app", false).stream().sorted().collect(Collectors.joining(" ")));
    }

    private void nodes() throws Exception {
        say("create " + create("/app", "v1", CreateMode.PERSISTENT));
        Stat stat = new Stat();
        say("get " + new String(zk.getData("/app", false, stat)) + " " + stat.getVersion());
        say("set " + zk.setData("/app", "v2".getBytes(), -1).getVersion());
        create("/app/e", "", CreateMode.EPHEMERAL);
        boolean mine = zk.exists("/app/e", false).getEphemeralOwner() == zk.getSessionId();
        say("ephemeral " + (mine ? "mine" : "not mine"));
        say("sequence " + create("/app/s-", "", CreateMode.PERSISTENT_SEQUENTIAL));
        say("sequence " + create("/app/s-", "", CreateMode.PERSISTENT_SEQUENTIAL));
        sayChildren();
    }

    private void events() throws Exception {
        zk.getData("/app", WATCHER, null);
        zk.setData("/app", "v3".getBytes(), -1);
        sayEvent();
        zk.getChildren("/app", WATCHER);
        create("/app/c", "", CreateMode.PERSISTENT);
        sayEvent();
        zk.delete("/app/c", -1);
        try {
            zk.setData("/app", new byte[0], 99);
        } catch (KeeperException.BadVersionException e) {
            say("bad version");
        }
    }

    private void transactions() throws Exception {
        var made = zk.multi(List.of(
            Op.create("/app/m", "made".getBytes(), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.setData("/app", "v4".getBytes(), -1)));
        say("multi " + (made.size() == 2 ? "done" : "failed"));
        try {
            zk.multi(List.of(
                Op.create("/app/n", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
                Op.check("/app", 99)));
        } catch (KeeperException.BadVersionException e) {
            say("multi refused");
        }
        sayChildren();
    }

    private void readSecret() throws Exception {
        say("owner reads " + new String(zk.getData("/app/secret", false, null)));
    }

    private void secrets() throws Exception {
        zk.addAuthInfo("digest", "alice:secret".getBytes());
        zk.create("/app/secret", "hidden".getBytes(), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        readSecret();
        ACL acl = zk.getACL("/app/secret", null).get(0);
        say("acl " + acl.getId().getScheme() + " " + acl.getId().getId() + " " + acl.getPerms());
        try {
            other.getData("/app/secret", false, null);
        } catch (KeeperException.NoAuthException e) {
            say("stranger refused");
        }
    }

    private static Stat exists(ZooKeeper zk, String path) throws Exception {
        while (true) {
            try {
                return zk.exists(path, false);
            } catch (KeeperException.ConnectionLossException e) {
                Thread.sleep(50);
            }
        }
    }

    private void reconnect() throws Exception {
        long session = zk.getSessionId();
        zk.getData("/app", WATCHER, null);
        say("drop");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        Stat stat = exists(zk, "/app/e");
        say("session " + (stat.getEphemeralOwner() == session && zk.getSessionId() == session ? "kept" : "lost"));
        readSecret();
        zk.setData("/app", "v5".getBytes(), -1);
        sayEvent();
    }

    private void end() throws Exception {
        zk.delete("/app/m", -1);
        try {
            zk.getData("/app/m", false, null);
        } catch (KeeperException.NoNodeException e) {
            say("deleted");
        }
        zk.close();
        say("ephemeral " + (exists(other, "/app/e") == null ? "gone" : "left"));
        other.close();
    }

    public static void main(String[] arguments) throws Exception {
        Client client = new Client(arguments[0]);
        client.nodes();
        client.events();
        client.transactions();
        client.secrets();
        client.reconnect();
        client.end();
    }
}
