//go:build cuda

// See doc.go. The slots below are the only global variables of this package: cu calls the driver by global
// symbols, so their targets are global too.
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#define NO_DEVICE 100 // CUDA_ERROR_NO_DEVICE

static int no_device(void) { return NO_DEVICE; }

#if defined(__x86_64__)
#define JUMP(slot) "jmp *" slot "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\nldr x16, [x16, :lo12:" slot "]\nbr x16\n"
#else
#error "palmal's CUDA build knows x86-64 and arm64 Linux"
#endif

// The symbols are hidden, so that the driver's own calls of its functions do not come back here.
#define TRAMPOLINE(name)                                                            \
	void *palmal_slot_##name __attribute__((visibility("hidden"))) = (void *)no_device; \
	__asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", %function\n"  \
		#name ":\n" JUMP("palmal_slot_" #name) ".size " #name ", .-" #name "\n");
#include "names.h"
#undef TRAMPOLINE

static const struct { const char *name; void **slot; } slots[] = {
#define TRAMPOLINE(name) {#name, &palmal_slot_##name},
#include "names.h"
#undef TRAMPOLINE
};

enum { UNTRIED = 1, NO_LIBRARY = -1 };
static int state = UNTRIED; // UNTRIED, NO_LIBRARY or the result of the driver's cuInit
static int (*count_devices)(int *);
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

// cuInit is called once by the initialisation of package cu, before main. That is too early: the devices that the
// driver shows can be chosen only before it starts, and most commands need no driver.
__attribute__((visibility("hidden"))) int cuInit(unsigned flags) {
	(void)flags;
	return 0;
}

// load finds the driver, starts it and points the slots to it.
static int load(void) {
	void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*init)(unsigned) = driver ? (int (*)(unsigned))dlsym(driver, "cuInit") : NULL;
	if (!init)
		return NO_LIBRARY;
	int result = init(0);
	if (result != 0)
		return result;
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
		void *f = dlsym(driver, slots[i].name);
		if (f)
			*slots[i].slot = f;
	}
	count_devices = (int (*)(int *))dlsym(driver, "cuDeviceGetCount");
	return 0;
}

// palmal_driver_start loads the driver at its first call and returns the state. A non-empty `visible` first becomes
// CUDA_VISIBLE_DEVICES of the process; later calls cannot change what the driver shows.
int palmal_driver_start(const char *visible) {
	pthread_mutex_lock(&starting);
	if (state == UNTRIED) {
		if (*visible)
			setenv("CUDA_VISIBLE_DEVICES", visible, 1);
		state = load();
	}
	int result = state;
	pthread_mutex_unlock(&starting);
	return result;
}

__attribute__((visibility("hidden"))) int cuDeviceGetCount(int *n) {
	*n = 0;
	return count_devices ? count_devices(n) : 0;
}
