import java.util.HashMap;
import java.util.Map;

/** Runs every case against the addresses given as name=host:port; `record.ts` starts it. */
public final class Driver {
    private Driver() {
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> hosts = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            hosts.put(parts[0], parts[1]);
        }
        Tap tap = new Tap();
        new NodeCases(tap, hosts).run();
        new ReadCases(tap, hosts).run();
        new MultiCases(tap, hosts).run();
        new WatchCases(tap, hosts).run();
        new SessionCases(tap, hosts).run();
        new ServerCases(tap, hosts).run();
        tap.ask("do", "done");
        System.exit(0);
    }
}
