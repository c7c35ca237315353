package zookit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * The factory of connections that Apache's tests are told to use: what it starts is an in-memory server in place of
 * the one that it is given, which stays idle.
 */
public class InMemoryCnxnFactory extends ServerCnxnFactory {
    private InetSocketAddress address;
    private int maxConnections;
    private InMemoryServer server;

    @Override
    public void configure(InetSocketAddress address, int maxConnections, int backlog, boolean secure) {
        this.address = address;
        this.maxConnections = maxConnections;
    }

    @Override
    public void startup(ZooKeeperServer idle, boolean startServer) throws IOException {
        setZooKeeperServer(idle);
        server = InMemoryServer.ask(Map.of(
            "dataDir", idle.getTxnLogFactory().getSnapDir().getAbsolutePath(),
            "clientPort", address.getPort(),
            "maxClientCnxns", maxConnections,
            "tickTime", idle.getTickTime()));
        server.port();
    }

    @Override
    public void shutdown() {
        try {
            if (server != null) server.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int getLocalPort() {
        return address.getPort();
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return address;
    }

    @Override
    public int getMaxClientCnxnsPerHost() {
        return maxConnections;
    }

    @Override
    public void setMaxClientCnxnsPerHost(int max) {
        maxConnections = max;
    }

    @Override
    public Iterable<ServerCnxn> getConnections() {
        return List.of();
    }

    @Override
    public boolean closeSession(long sessionId, ServerCnxn.DisconnectReason reason) {
        return false;
    }

    @Override
    public Iterable<Map<String, Object>> getAllConnectionInfo(boolean brief) {
        return List.of();
    }

    @Override
    public int getSocketListenBacklog() {
        return -1;
    }

    @Override
    public void reconfigure(InetSocketAddress address) { }

    @Override
    public void join() { }

    @Override
    public void start() { }

    @Override
    public void closeAll(ServerCnxn.DisconnectReason reason) { }

    @Override
    public void resetAllConnectionStats() { }
}
