/* A USB camera for machines without one: preloaded, it answers for /dev/video97 and everything under /dev/v4l/.
 *
 * YUYV at 640x480 (30 frames a second) and 1280x720 (10), MJPG at 30 in both sizes, as a USB 2 camera of that age does.
 * Like a driver it fills queued buffers at its rate and drops a frame for which there is none. YUYV frames carry the
 * millisecond of their birth (CLOCK_MONOTONIC, its low 24 bits) as a bar code; MJPG ones are the file $V4L2_SHIM_JPEG.
 * The file $V4L2_SHIM holds the fault of the moment: mjpg-only, yuyv-only, stall, gone, busy,
 * denied, nodata (a node for metadata), or a bus without bandwidth: crowded (for YUYV), tight (for all but small JPEG),
 * full.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 10, BITS = 24, ROOM = 2 * 1280 * 720 };
enum place { FREE, QUEUED, DONE };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t sensor;
static int camera = -1, streaming, count;
static struct v4l2_pix_format format = {.width = 640, .height = 480, .pixelformat = V4L2_PIX_FMT_YUYV};
static unsigned rate = 30;
static struct {
    unsigned char *data;
    enum place place;
    unsigned long turn;
    unsigned used;
} buffers[BUFFERS];
static unsigned long turns;

static int is(const char *fault) {
    char text[64] = "";
    const char *path = getenv("V4L2_SHIM");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
    }
    return strstr(text, fault) != NULL;
}

static int ours(const char *path) {
    return getenv("V4L2_SHIM") && (!strcmp(path, "/dev/video97") || !strncmp(path, "/dev/v4l/", 9));
}

static int fail(int error) {
    errno = error;
    return -1;
}

static unsigned paint(unsigned char *out) {
    if (format.pixelformat == V4L2_PIX_FMT_MJPEG) {
        FILE *file = fopen(getenv("V4L2_SHIM_JPEG"), "rb");
        unsigned size = file ? fread(out, 1, ROOM, file) : 0;
        if (file)
            fclose(file);
        return size;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned long ms = now.tv_sec * 1000ul + now.tv_nsec / 1000000;
    for (unsigned y = 0; y < format.height; y++)
        for (unsigned x = 0; x < format.width; x++) {
            unsigned bit = ms >> (x * BITS / format.width) & 1;
            *out++ = y < format.height / 4 ? (bit ? 235 : 16) : 64 + 40 * ((x / 16 + y / 16) % 4);
            *out++ = 128;
        }
    return 2 * format.width * format.height;
}

/* How many buffers the program has queued before frames come: into the file $V4L2_SHIM.queued. */
static void note_queued(void) {
    char path[4096];
    snprintf(path, sizeof path, "%s.queued", getenv("V4L2_SHIM"));
    FILE *file = fopen(path, "w");
    int queued = 0;
    for (int i = 0; i < BUFFERS; i++)
        queued += buffers[i].place == QUEUED;
    if (file) {
        fprintf(file, "%d", queued);
        fclose(file);
    }
}

static void *run(void *unused) {
    (void)unused;
    unsigned long began = turns++; /* of the frame under way: a buffer that is queued later is too late for it */
    for (;;) {
        usleep(1000000 / rate);
        pthread_mutex_lock(&lock);
        if (!streaming) {
            pthread_mutex_unlock(&lock);
            return NULL;
        }
        int next = -1;
        for (int i = 0; i < count; i++)
            if (buffers[i].place == QUEUED && (next < 0 || buffers[i].turn < buffers[next].turn))
                next = i;
        if (is("gone")) {
            eventfd_write(camera, 1);
        } else if (next >= 0 && buffers[next].turn < began && !is("stall")) {
            buffers[next].used = paint(buffers[next].data);
            buffers[next].place = DONE;
            buffers[next].turn = turns++;
            eventfd_write(camera, 1);
        }
        began = turns++;
        pthread_mutex_unlock(&lock);
    }
}

static void stop(void) {
    pthread_mutex_lock(&lock);
    int was = streaming;
    streaming = 0;
    pthread_mutex_unlock(&lock);
    if (was)
        pthread_join(sensor, NULL);
    for (int i = 0; i < BUFFERS; i++)
        buffers[i].place = FREE;
}

static void choose(struct v4l2_pix_format *pix) {
    int large = pix->width > 640 || pix->height > 480;
    if (is("mjpg-only") || (pix->pixelformat == V4L2_PIX_FMT_MJPEG && !is("yuyv-only")))
        pix->pixelformat = V4L2_PIX_FMT_MJPEG;
    else
        pix->pixelformat = V4L2_PIX_FMT_YUYV;
    pix->width = large ? 1280 : 640;
    pix->height = large ? 720 : 480;
    pix->field = V4L2_FIELD_NONE;
    pix->bytesperline = pix->pixelformat == V4L2_PIX_FMT_YUYV ? 2 * pix->width : 0;
    pix->sizeimage = 2 * pix->width * pix->height;
    pix->colorspace = V4L2_COLORSPACE_SRGB;
}

static unsigned fastest(void) {
    return format.pixelformat == V4L2_PIX_FMT_YUYV && format.width > 640 ? 10 : 30;
}

static int dequeue(struct v4l2_buffer *buffer) {
    eventfd_t one;
    if (eventfd_read(camera, &one))
        return fail(EAGAIN);
    pthread_mutex_lock(&lock);
    int first = -1;
    for (int i = 0; i < count; i++)
        if (buffers[i].place == DONE && (first < 0 || buffers[i].turn < buffers[first].turn))
            first = i;
    if (first >= 0) {
        buffers[first].place = FREE;
        buffer->index = first;
        buffer->length = ROOM;
        buffer->bytesused = buffers[first].used;
    }
    pthread_mutex_unlock(&lock);
    return first >= 0 ? 0 : fail(EAGAIN);
}

static int start(void) {
    streaming = 1;
    return pthread_create(&sensor, NULL, run, NULL);
}

static int answer(unsigned long request, void *arg) {
    struct v4l2_capability *capability = arg;
    struct v4l2_fmtdesc *description = arg;
    struct v4l2_format *wanted = arg;
    struct v4l2_streamparm *parm = arg;
    struct v4l2_requestbuffers *request_buffers = arg;
    struct v4l2_buffer *buffer = arg;
    struct v4l2_input *input = arg;
    if (is("gone"))
        return fail(ENODEV);
    if (is("busy") && (request == VIDIOC_S_FMT || request == VIDIOC_REQBUFS || request == VIDIOC_STREAMON))
        return fail(EBUSY);
    switch (request) {
    case VIDIOC_QUERYCAP:
        memset(capability, 0, sizeof *capability);
        strcpy((char *)capability->driver, "uvcvideo");
        strcpy((char *)capability->card, "Emulated camera");
        capability->device_caps = is("nodata") ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        capability->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        if (is("nodata"))
            capability->capabilities |= V4L2_CAP_META_CAPTURE;
        return 0;
    case VIDIOC_ENUM_FMT:
        if (description->index >= (is("mjpg-only") || is("yuyv-only") ? 1 : 2))
            return fail(EINVAL);
        description->pixelformat =
            description->index || is("mjpg-only") ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
        return 0;
    case VIDIOC_ENUMINPUT:
        if (input->index)
            return fail(EINVAL);
        input->type = V4L2_INPUT_TYPE_CAMERA;
        return 0;
    case VIDIOC_G_INPUT:
        *(int *)arg = 0;
        return 0;
    case VIDIOC_S_INPUT:
        return 0;
    case VIDIOC_G_FMT:
        choose(&format);
        wanted->fmt.pix = format;
        return is("nodata") ? fail(EINVAL) : 0;
    case VIDIOC_S_FMT:
    case VIDIOC_TRY_FMT:
        if (wanted->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || is("nodata"))
            return fail(EINVAL);
        if (request == VIDIOC_S_FMT && count)
            return fail(EBUSY);
        choose(&wanted->fmt.pix);
        if (request == VIDIOC_S_FMT) {
            format = wanted->fmt.pix;
            rate = fastest();
        }
        return 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_fract *time = &parm->parm.capture.timeperframe;
        if (request == VIDIOC_S_PARM && time->numerator && time->denominator)
            rate = time->denominator / time->numerator;
        if (rate < 1 || rate > fastest())
            rate = fastest();
        memset(&parm->parm.capture, 0, sizeof parm->parm.capture);
        parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
        *time = (struct v4l2_fract){1, rate};
        return 0;
    }
    case VIDIOC_REQBUFS:
        stop();
        count = request_buffers->count = request_buffers->count > BUFFERS ? BUFFERS : request_buffers->count;
        return 0;
    case VIDIOC_QUERYBUF:
        buffer->length = ROOM;
        buffer->m.offset = buffer->index * 4096;
        return 0;
    case VIDIOC_QBUF:
        pthread_mutex_lock(&lock);
        buffers[buffer->index].place = QUEUED;
        buffers[buffer->index].turn = turns++;
        pthread_mutex_unlock(&lock);
        return 0;
    case VIDIOC_DQBUF:
        return dequeue(buffer);
    case VIDIOC_STREAMON: {
        int raw = format.pixelformat == V4L2_PIX_FMT_YUYV;
        if (is("full") || (is("crowded") && raw) || (is("tight") && (raw || format.width > 640)))
            return fail(ENOSPC);
        note_queued();
        return start();
    }
    case VIDIOC_STREAMOFF:
        stop();
        return 0;
    case VIDIOC_QUERYCTRL:
    case VIDIOC_G_CTRL:
    case VIDIOC_S_CTRL:
        return fail(EINVAL);
    default:
        return fail(ENOTTY);
    }
}

static int take(void) {
    if (is("gone"))
        return fail(ENOENT);
    if (is("denied"))
        return fail(EACCES);
    if (streaming) /* a process that gave it up without closing it does not get it again */
        return fail(EBUSY);
    return camera = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
}

#define OPEN(name)                                                              \
    int name(const char *path, int flags, ...) {                                \
        va_list more;                                                           \
        va_start(more, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                           \
        if (ours(path))                                                         \
            return take();                                                      \
        return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name))(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int ioctl(int fd, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *arg = va_arg(more, void *);
    va_end(more);
    if (fd >= 0 && fd == camera)
        return answer(request & 0xffffffff, arg);
    return ((int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl"))(fd, request, arg);
}

void *mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
    if (fd < 0 || fd != camera)
        return real(at, size, rights, flags, fd, offset);
    return buffers[offset / 4096].data = real(at, size, rights | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *mmap64(void *at, size_t size, int rights, int flags, int fd, off_t offset) {
    return mmap(at, size, rights, flags, fd, offset);
}

int close(int fd) {
    if (fd >= 0 && fd == camera) {
        stop();
        count = 0;
        camera = -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
}
