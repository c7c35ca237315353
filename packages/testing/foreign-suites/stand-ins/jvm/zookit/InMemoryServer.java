package zookit;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A server of the process that listens at ZOOKIT_SERVERS. It runs until it is closed. */
public final class InMemoryServer implements AutoCloseable {
    private static final Pattern UP = Pattern.compile("\\{\"port\":(\\d+)}");

    private final SocketChannel socket;
    private final Path configuration;
    private int port;

    private InMemoryServer(SocketChannel socket, Path configuration) {
        this.socket = socket;
        this.configuration = configuration;
    }

    /** Asks for a server of this configuration, in the words of zoo.cfg, and does not wait for it. */
    public static InMemoryServer ask(Map<?, ?> settings) throws IOException {
        Path file = Files.createTempFile("zookit", ".cfg");
        Files.write(file, lines(settings, ""));
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(System.getenv("ZOOKIT_SERVERS")));
        String flags = lines(System.getProperties(), "-D").stream()
            .filter(flag -> flag.matches("-D(zookeeper\\.|znode\\.|readonlymode|java\\.security\\.auth)[^\"\\\\]*"))
            .map(flag -> '"' + flag + '"').collect(Collectors.joining(","));
        String request = "{\"config\":\"%s\",\"flags\":[%s],\"version\":\"%s\"}\n"
            .formatted(file, flags, System.getenv("ZOOKIT_RELEASE"));
        socket.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
        return new InMemoryServer(socket, file);
    }

    private static List<String> lines(Map<?, ?> settings, String prefix) {
        List<String> lines = new ArrayList<>();
        settings.forEach((name, value) -> lines.add(prefix + name + "=" + value));
        return lines;
    }

    /** Waits until it serves. Returns its port. */
    public synchronized int port() throws IOException {
        if (port != 0) return port;
        String line = new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8)).readLine();
        Matcher up = UP.matcher(String.valueOf(line));
        if (!up.matches()) throw new IOException("no server: " + line);
        port = Integer.parseInt(up.group(1));
        return port;
    }

    /** Ends it, and waits for that. */
    @Override
    public void close() throws IOException {
        socket.shutdownOutput();
        while (socket.read(ByteBuffer.allocate(64)) >= 0) { }
        socket.close();
        Files.deleteIfExists(configuration);
    }
}
