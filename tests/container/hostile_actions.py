# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a hostile Makefile tries: a name and a shell command that ends well when it got what it wanted. Numbers
are those of x86_64's system calls."""

LISTENER = ('use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); '
            'bind(S, pack_sockaddr_in(4711, INADDR_LOOPBACK)); listen(S, 5); while (accept(C, S)) { close C }')


def call(number, *arguments):
    return f"perl -e 'exit(syscall({', '.join(map(str, [number, *arguments]))}) < 0)'"


def connect(path, kind='STREAM'):
    return (f"perl -e 'use Socket; socket(S, PF_UNIX, SOCK_{kind}, 0) or exit 1; "
            f"connect(S, pack_sockaddr_un(\"{path}\")) or exit 1'")


def opens(family, kind, protocol=0):
    return f"perl -e 'socket(S, {family}, {kind}, {protocol}) or exit 1'"


WRITES = ['/etc', '/usr/bin', '/usr/src', '/lib/modules', '/usr/lib/systemd/system', '/etc/systemd/system', '/run',
          '/run/gpuboot', '/run/systemd/system', '/run/udev', '/var/lib/gpuboot', '/var/lib/gpuboot/bakes',
          '/var/lib/gpuboot/build', '/var/lib/gpuboot/records', '/var/log', '/var/cache', '/root', '/home', '/srv', '/opt',
          '/boot', '/dev', '/usr/local/bin', '/etc/ld.so.conf.d']

ACTIONS = [
    *[('write' + folder.replace('/', '-'), f'touch {folder}/hostile') for folder in WRITES],
    ('write-dev-shm', 'touch /dev/shm/hostile'),
    ('append-passwd', 'echo "#" >> /etc/passwd'),
    ('read-shadow', 'cat /etc/shadow'),
    ('read-root', 'cat /root/secret'),
    ('list-private', 'ls /srv/private'),
    ('read-environ-of-others', 'test -s /proc/@VICTIM@/environ && cat /proc/@VICTIM@/environ'),
    ('read-maps-of-others', 'cat /proc/@VICTIM@/maps | grep .'),
    ('see-others', 'test -d /proc/@VICTIM@'),
    ('root-of-init', 'ls /proc/1/root/'),
    ('files-of-init', 'ls /proc/1/fd | grep .'),
    ('read-requests', 'ls /run/gpuboot/next'),
    ('read-journal', 'journalctl -n 1 -q | grep .'),
    ('tcp', opens(2, 1)),
    ('udp', opens(2, 2)),
    ('tcp6', opens(10, 1)),
    ('raw', opens(2, 3, 1)),
    ('packet', opens(17, 3, 768)),
    ('netlink', opens(16, 3)),
    ('connect-to-service', "perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or exit 1; "
                           "connect(S, pack_sockaddr_in(4711, INADDR_LOOPBACK)) or exit 1'"),
    ('bus-socket', connect('/run/dbus/system_bus_socket')),
    ('systemd-socket', connect('/run/systemd/private')),
    ('udev-socket', connect('/run/udev/control', 'SEQPACKET')),
    ('journal-socket', connect('/run/systemd/journal/dev-log', 'DGRAM')),
    ('bus-call', 'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager '
                 'GetUnit s dbus.service'),
    ('start-unit', 'systemctl start victim.service'),
    ('run-unit', 'systemd-run --quiet true'),
    ('ask-gpuboot', 'gpubootctl status | grep .'),
    ('setuid-file', 'cp /bin/true own && chmod 4755 own && test -u own'),
    ('setgid-file', 'cp /bin/true owng && chmod 2755 owng && test -g owng'),
    ('give-away', 'touch gift && chown 0:0 gift && chown 12:12 gift && test "$(stat -c %u gift)" = 12'),
    ('node', 'mknod device c 1 3'),
    ('mount', 'mkdir -p m && mount -t tmpfs none m && umount m'),
    ('mount-namespace', 'unshare --mount true'),
    ('user-namespace', 'unshare --user true'),
    ('network-namespace', 'unshare --net true'),
    ('enter-init', 'nsenter --target 1 --mount true'),
    ('chroot', 'chroot / true'),
    ('become-root', "test $(id -u) = 0"),
    ('become-other', "perl -e '$> = 12; exit($> != 12)'"),
    ('groups', "perl -e '$) = \"12 12 13\"; exit($) !~ /13/)'"),
    ('kill-others', 'kill -0 @VICTIM@'),
    ('trace-others', call(101, 16, '@VICTIM@', 0, 0)),
    ('memory-of-others', "perl -e 'open(F, \"<\", \"/proc/@VICTIM@/mem\") or exit 1'"),
    ('nice-of-others', 'renice -n 1 -p @VICTIM@'),
    ('more-nice', 'nice -n -5 sh -c "test \\$(nice) -lt 0"'),
    ('real-time', 'chrt --fifo 1 true'),
    ('affinity-of-others', 'taskset -p 1 @VICTIM@'),
    ('hostname', 'hostname "$(hostname)"'),
    ('write-execute', "perl -e 'exit(syscall(9, 0, 4096, 7, 0x22, -1, 0) < 0)'"),
    ('personality', "perl -e 'exit(syscall(135, 0x0040000) < 0)'"),
    ('key', "perl -e 'exit(syscall(250, 0, -3, 1) < 0)'"),
    ('shared-memory', 'ipcmk -M 64'),
    ('message-queue', 'ipcmk -Q'),
    ('five-gib', "perl -e 'exit(syscall(9, 0, 5 << 30, 3, 0x4022, -1, 0) < 0)'"),
    ('three-gib-file', 'truncate -s 3G huge && rm huge'),
    ('many-processes', "perl -e 'my @all; for (1..4200) { my $p = fork; if (!defined $p) { kill 9, @all; exit 1 } "
                       "if (!$p) { sleep 20; exit } push @all, $p } kill 9, @all; exit 0'"),
    ('daemon', '(setsid sh -c "sleep 4321" >/dev/null 2>&1 &) ; test @OUTSIDE@ = yes'),
    ('tmp-of-others', 'touch /tmp/hostile; test @OUTSIDE@ = yes'),
    ('var-tmp-of-others', 'touch /var/tmp/hostile; test @OUTSIDE@ = yes'),
]

# What may be seen outside afterwards, whatever the command itself said: nothing.
EFFECTS = ('ls -d /tmp/hostile /var/tmp/hostile /dev/shm/hostile 2>/dev/null; grep -alz ^4321 $(ls -d /proc/[0-9]*/cmdline); '
           'ipcs -m -q | grep ^0x; find /etc /usr /run /var/lib /var/log /srv -xdev -name hostile -not -path "*/src/*"; true')

CLEAR = ('rm -f /tmp/hostile /var/tmp/hostile /dev/shm/hostile; '
         'for left in $(grep -alz ^4321 $(ls -d /proc/[0-9]*/cmdline)); do left=${left#/proc/}; kill -9 ${left%/*}; done; ipcrm --all; '
         f'rm -f {" ".join(folder + "/hostile" for folder in WRITES)}; systemctl daemon-reload; true')

# What changes nothing but the process that does it, and its own /dev/shm. Only the unit refuses these.
HARMLESS = {'personality', 'write-execute', 'user-namespace', 'key', 'shared-memory', 'message-queue', 'netlink',
            'tcp', 'udp', 'tcp6', 'write-dev-shm', 'see-others', 'setuid-file', 'setgid-file'}


def script(victim):
    """Tries all; a line "done NAME" for each that went well. Inside, the source lies in a build folder."""
    lines = ['echo done control', 'outside=yes; case $PWD in */gpuboot/build/*) outside=no ;; esac']
    for name, command in ACTIONS:
        command = command.replace('@VICTIM@', str(victim)).replace('@OUTSIDE@', '$outside')
        lines.append(f'( {command} ) >/dev/null 2>&1 </dev/null && echo done {name}')
    return '\n'.join([*lines, 'true', ''])
