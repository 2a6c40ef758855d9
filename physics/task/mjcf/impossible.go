package mjcf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Impossible refuses the text of an attribute with numbers that are not finite, negative physical constants, and
// ranges whose low end is above the high one. The compiler of the model refuses everything else.
func Impossible(attribute, text string) error {
	var numbers []float64
	for _, word := range strings.Fields(text) {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil // a word, as in type="box"
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s is not finite", word)
		}
		numbers = append(numbers, x)
	}
	switch attribute {
	case "mass", "density", "size", "diaginertia", "armature", "damping", "frictionloss", "friction", "stiffness", "kp", "viscosity":
		for _, x := range numbers {
			if x < 0 {
				return fmt.Errorf("%v is negative", x)
			}
		}
	case "range", "ctrlrange", "forcerange":
		if len(numbers) == 2 && !(numbers[0] < numbers[1]) {
			return fmt.Errorf("the range [%v, %v] ends below its begin", numbers[0], numbers[1])
		}
	}
	return nil
}
