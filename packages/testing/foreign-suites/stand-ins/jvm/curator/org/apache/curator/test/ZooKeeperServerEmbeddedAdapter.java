package org.apache.curator.test;

import java.io.IOException;
import java.util.Properties;
import zookit.InMemoryServer;

/** Takes the place of the class of this name, by which Curator's tests run servers of ZooKeeper 3.9. */
public class ZooKeeperServerEmbeddedAdapter implements ZooKeeperMainFace {
    private InMemoryServer server;

    @Override
    public void start(QuorumPeerConfigBuilder builder) {
        try {
            Properties properties = builder.buildProperties();
            server = InMemoryServer.ask(properties);
            // The members of an ensemble are started one after the other, and none serves before all are there.
            boolean isMember = properties.keySet().stream().anyMatch(key -> key.toString().startsWith("server."));
            if (!isMember) server.port();
        } catch (Exception e) {
            throw new FailedServerStartException(e);
        }
    }

    @Override
    public void kill() {
        close();
    }

    @Override
    public int getClientPort() throws IOException {
        return server.port();
    }

    @Override
    public void close() {
        try {
            if (server != null) server.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
