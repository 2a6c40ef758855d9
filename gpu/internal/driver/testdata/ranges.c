// ranges.c stands in for a tool that listens to NVTX: it appends a line to the file PALMAL_TEST_RANGES for every
// range, "push THREAD NAME" and "pop THREAD". Built with cc -shared -fPIC.
#define _GNU_SOURCE
#include <nvtx3/nvToolsExt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static FILE *list;

static int push(const char *name) {
	fprintf(list, "push %ld %s\n", syscall(SYS_gettid), name);
	return fflush(list), 0;
}

static int pop(void) {
	fprintf(list, "pop %ld\n", syscall(SYS_gettid));
	return fflush(list), 0;
}

__attribute__((visibility("default"))) int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t export_table) {
	const NvtxExportTableCallbacks *callbacks = export_table(NVTX_ETID_CALLBACKS);
	NvtxFunctionTable core = NULL;
	unsigned size = 0;
	list = fopen(getenv("PALMAL_TEST_RANGES"), "a");
	if (!list || !callbacks || !callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &core, &size) || size <= NVTX_CBID_CORE_RangePop)
		return 0;
	*core[NVTX_CBID_CORE_RangePushA] = (NvtxFunctionPointer)push;
	*core[NVTX_CBID_CORE_RangePop] = (NvtxFunctionPointer)pop;
	return 1;
}
