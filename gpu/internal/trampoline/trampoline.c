//go:build cuda

// See doc.go. The slots below are the only variables of the process that this package has: cu calls
// the driver by global symbols, so what they lead to is global too.
#include <dlfcn.h>
#include <stddef.h>

#define NO_DEVICE 100 // CUDA_ERROR_NO_DEVICE

static int no_device(void) { return NO_DEVICE; }

#if defined(__x86_64__)
#define JUMP(slot) "jmp *" slot "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\nldr x16, [x16, :lo12:" slot "]\nbr x16\n"
#else
#error "palmal's CUDA build knows x86-64 and arm64 Linux"
#endif

// A symbol is hidden, so that the driver's own calls of its functions do not come back here.
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
static int state = UNTRIED; // else 0, or what cuInit of the driver said
static int (*count_devices)(int *);

int palmal_driver_state(void) { return state; }

// cuInit is called by the initialisation of package cu, once, before main.
__attribute__((visibility("hidden"))) int cuInit(unsigned flags) {
	if (state != UNTRIED)
		return 0;
	void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!driver) {
		state = NO_LIBRARY;
		return 0;
	}
	int (*init)(unsigned) = (int (*)(unsigned))dlsym(driver, "cuInit");
	state = init ? init(flags) : NO_LIBRARY;
	if (state != 0)
		return 0;
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
		void *f = dlsym(driver, slots[i].name);
		if (f)
			*slots[i].slot = f;
	}
	count_devices = (int (*)(int *))dlsym(driver, "cuDeviceGetCount");
	return 0;
}

__attribute__((visibility("hidden"))) int cuDeviceGetCount(int *n) {
	*n = 0;
	return state == 0 && count_devices ? count_devices(n) : 0;
}
