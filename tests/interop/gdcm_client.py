"""Ask a worklist with GDCM, and print the patients' names; run by the system's own Python.

Debian's python3-gdcm is for that Python alone. The program gdcmscu serves for no worklist: it
proposes Patient Root Find whatever is asked of it. And GDCM ends the process when it releases an
association, with any peer, so that this script leaves it to the operating system to hang up.

gdcm_client.py HOST PORT CALLING CALLED NAME
"""

import os
import sys

import gdcm  # type: ignore[import-not-found]  # a package of the system's


def element(group: int, number: int, value: str) -> gdcm.DataElement:
    """Return an element with a text."""
    made = gdcm.DataElement(gdcm.Tag(group, number))
    made.SetByteValue(value, gdcm.VL(len(value)))
    return made


def query(name: str, station: str) -> gdcm.DataSet:
    """Return the Identifier that asks for a station's entries by name."""
    step = gdcm.DataSet()
    for number, value in ((0x0001, station), (0x0002, ""), (0x0003, "")):
        step.Insert(element(0x0040, number, value))
    item = gdcm.Item()
    item.SetNestedDataSet(step)
    item.SetVLToUndefined()
    items = gdcm.SequenceOfItems.New()
    items.SetLengthToUndefined()
    items.AddItem(item)
    sequence = gdcm.DataElement(gdcm.Tag(0x0040, 0x0100))
    sequence.SetVR(gdcm.VR(gdcm.VR.SQ))
    sequence.SetValue(items.__ref__())
    sequence.SetVLToUndefined()
    asked = gdcm.DataSet()
    asked.Insert(element(0x0010, 0x0010, name))
    asked.Insert(element(0x0010, 0x0020, ""))
    asked.Insert(sequence)
    return asked


def main(host: str, port: str, calling: str, called: str, name: str) -> None:
    """Ask and print."""
    user = gdcm.ServiceClassUser()
    user.SetHostname(host)
    user.SetPort(int(port))
    user.SetTimeout(1000)
    user.SetAETitle(calling)
    user.SetCalledAETitle(called)
    connected = user.InitializeConnection()  # before the contexts, which it would forget
    contexts = gdcm.PresentationContextGenerator()
    contexts.GenerateFromUID(gdcm.UIDs.ModalityWorklistInformationModelFIND)
    user.SetPresentationContexts(contexts.GetPresentationContexts())
    if not (connected and user.StartAssociation()):
        sys.exit("no association")
    asked = gdcm.CompositeNetworkFunctions.ConstructQuery(
        gdcm.ePatientRootType, gdcm.ePatient, query(name, calling), gdcm.eWLMFind
    )
    answers = gdcm.DataSetArrayType()
    if not user.SendFind(asked, answers):
        sys.exit("the query failed")
    for number in range(answers.size()):
        found = answers[number].GetDataElement(gdcm.Tag(0x0010, 0x0010)).GetByteValue()
        sys.stdout.write(found.GetBuffer().strip(" \0") + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
