// What GitOps tools make of objects, asked of the libraries that they link.
//
//	gitops health        reads a JSON array of objects and prints, for each, a line of kstatus's verdict (Helm, Flux)
//	gitops flux FILE…    decodes the Flux objects of YAML files strictly, by Flux's own types
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	helm "github.com/fluxcd/helm-controller/api/v2"
	kustomize "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "health":
		return health(os.Stdin)
	case len(arguments) > 1 && arguments[0] == "flux":
		for _, file := range arguments[1:] {
			if err := flux(file); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		return nil
	default:
		return errors.New("usage: gitops health | gitops flux FILE…")
	}
}

func health(in io.Reader) error {
	var objects []json.RawMessage
	if err := json.NewDecoder(in).Decode(&objects); err != nil {
		return err
	}
	for _, text := range objects {
		// Not into a map: kstatus wants whole numbers to be integers.
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(text); err != nil {
			return err
		}
		result, err := status.Compute(&object)
		if err != nil {
			return err
		}
		fmt.Printf("%s\t%s\n", result.Status, result.Message)
	}
	return nil
}

func flux(file string) error {
	opened, err := os.Open(file)
	if err != nil {
		return err
	}
	defer opened.Close()
	documents := yaml.NewYAMLReader(bufio.NewReader(opened))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := decode(document); err != nil {
			return err
		}
	}
}

// decode passes over the kinds that have a published schema.
func decode(document []byte) error {
	var object struct{ Kind string }
	if err := strict.Unmarshal(document, &object); err != nil {
		return err
	}
	switch object.Kind {
	case helm.HelmReleaseKind:
		return strict.UnmarshalStrict(document, &helm.HelmRelease{})
	case kustomize.KustomizationKind:
		return strict.UnmarshalStrict(document, &kustomize.Kustomization{})
	default:
		return nil
	}
}
