import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.jute.Record;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;

/** Apache's client, with a way to send any request record and to wait for states and events. */
final class Client extends ZooKeeper {
    static final int TIMEOUT = 20_000;

    /** Receives the session's states by default, and node events where it is registered as the watcher. */
    static final class Inbox implements Watcher {
        final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        final BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() == EventType.None) {
                states.add(event.getState());
            } else {
                events.add(event);
            }
        }
    }

    final Inbox inbox;

    private Client(String hosts, int timeout, Inbox inbox, boolean readOnly, ZKClientConfig config) throws IOException {
        super(hosts, timeout, inbox, readOnly, config);
        this.inbox = inbox;
    }

    private Client(String hosts, int timeout, Inbox inbox, long id, byte[] password) throws IOException {
        super(hosts, timeout, inbox, id, password);
        this.inbox = inbox;
    }

    static Client open(String hosts, int timeout, boolean readOnly, String saslSection) throws IOException {
        ZKClientConfig config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, String.valueOf(saslSection != null));
        if (saslSection != null) {
            config.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, saslSection);
        }
        return new Client(hosts, timeout, new Inbox(), readOnly, config);
    }

    static Client resume(String hosts, int timeout, long id, byte[] password) throws IOException {
        return new Client(hosts, timeout, new Inbox(), id, password);
    }

    /** A connected client without SASL. */
    static Client connect(String hosts) throws Exception {
        Client client = open(hosts, TIMEOUT, false, null);
        client.await(KeeperState.SyncConnected);
        return client;
    }

    ReplyHeader submit(int opcode, Record request, Record response) throws InterruptedException {
        RequestHeader header = new RequestHeader();
        header.setType(opcode);
        return cnxn.submitRequest(header, request, response, null);
    }

    long lastZxid() {
        return cnxn.getLastZxid();
    }

    /** Leaves without closing the session. */
    void abandon() {
        cnxn.disconnect();
    }

    /** Waits for the state, passing over others. */
    void await(KeeperState wanted) throws InterruptedException {
        while (true) {
            KeeperState state = inbox.states.poll(30, TimeUnit.SECONDS);
            if (state == wanted) {
                return;
            }
            if (state == null) {
                throw new IllegalStateException("state " + wanted + " did not come");
            }
        }
    }

    List<Object> events(int count) throws InterruptedException {
        List<Object> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            WatchedEvent event = inbox.events.poll(30, TimeUnit.SECONDS);
            if (event == null) {
                throw new IllegalStateException("event " + (i + 1) + " of " + count + " did not come");
            }
            events.add(Json.object(
                "type", event.getType().getIntValue(),
                "state", event.getState().getIntValue(),
                "path", event.getPath()));
        }
        return events;
    }
}
