// SPDX-License-Identifier: LGPL-2.1-or-later
// block_log MOUNTPOINT IMAGE LOG: a FUSE file system with one file, `disk`, that is IMAGE. Each
// write goes into LOG as {offset, length} and its data, each flush as {-1, 0}. Under a loop device
// a flush request of the kernel arrives here as fsync. Says "ready" once the kernel has mounted it.
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int image, journal;
static off_t size;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *info) {
    (void)info;
    memset(status, 0, sizeof *status);
    if (strcmp(path, "/") == 0) {
        status->st_mode = S_IFDIR | 0755, status->st_nlink = 2;
    } else if (strcmp(path, "/disk") == 0) {
        status->st_mode = S_IFREG | 0600, status->st_nlink = 1, status->st_size = size;
    } else {
        return -ENOENT;
    }
    return 0;
}

static int open_disk(const char *path, struct fuse_file_info *info) {
    (void)path;
    info->direct_io = 1; // what the loop device writes comes here, as it is, at once
    return 0;
}

static int read_disk(const char *path, char *to, size_t n, off_t at, struct fuse_file_info *info) {
    (void)path, (void)info;
    const ssize_t got = pread(image, to, n, at);
    return got < 0 ? -errno : (int)got;
}

static int append(int64_t at, int64_t length, const char *data) {
    const int64_t head[2] = {at, length};
    pthread_mutex_lock(&one_at_a_time);
    int bad = write(journal, head, sizeof head) != sizeof head;
    if (length > 0 && !bad) {
        bad = write(journal, data, (size_t)length) != length ||
              pwrite(image, data, (size_t)length, at) != length;
    }
    pthread_mutex_unlock(&one_at_a_time);
    return bad ? -EIO : 0;
}

static int write_disk(const char *path, const char *data, size_t n, off_t at,
                      struct fuse_file_info *info) {
    (void)path, (void)info;
    const int bad = append(at, (int64_t)n, data);
    return bad ? bad : (int)n;
}

static int flush_disk(const char *path, int data_only, struct fuse_file_info *info) {
    (void)path, (void)data_only, (void)info;
    return append(-1, 0, NULL);
}

static void *tell(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection, (void)config;
    static const char ready[] = "ready\n";
    if (write(STDOUT_FILENO, ready, sizeof ready - 1) < 0) perror("block_log");
    return NULL;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    image = open(words[2], O_RDWR | O_CLOEXEC);
    journal = open(words[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat status;
    if (image < 0 || journal < 0 || fstat(image, &status) != 0) {
        perror("block_log");
        return 1;
    }
    size = status.st_size;
    const struct fuse_operations operations = {
        .getattr = get_attributes, .open = open_disk, .read = read_disk, .write = write_disk,
        .fsync = flush_disk, .init = tell,
    };
    char program[] = "block_log", foreground[] = "-f", single[] = "-s";
    char *arguments[] = {program, foreground, single, words[1], NULL};
    return fuse_main(4, arguments, &operations, NULL);
}
