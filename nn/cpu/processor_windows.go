package cpu

import (
	"runtime"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// Processor is the model of the processor if the system says it, else the architecture.
func Processor() string {
	const path = `HARDWARE\DESCRIPTION\System\CentralProcessor\0`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return runtime.GOARCH
	}
	defer key.Close()
	if model, _, err := key.GetStringValue("ProcessorNameString"); err == nil && strings.TrimSpace(model) != "" {
		return strings.TrimSpace(model)
	}
	return runtime.GOARCH
}
