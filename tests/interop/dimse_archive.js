// An image manager written with dcmjs-dimse: prints its port, then each performed step and notice
// that it is sent, a JSON object a line. With HOST PORT CALLING CALLED STUDY it tells of images instead.
'use strict';

const { Client, Dataset, Scp, Server, constants, requests, responses, log } = require('dcmjs-dimse');

log.level = 'silent';
const NOTICE = '1.2.840.10008.5.1.4.33';
const { PresentationContextResult, Status, TransferSyntax } = constants;

class Archive extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      context.getTransferSyntaxUids().forEach((syntax) =>
        context.setResult(
          syntax === TransferSyntax.ImplicitVRLittleEndian
            ? PresentationContextResult.Accept
            : PresentationContextResult.RejectTransferSyntaxesNotSupported,
          TransferSyntax.ImplicitVRLittleEndian
        )
      );
    }
    this.sendAssociationAccept();
  }

  nCreateRequest(request, callback) {
    this.tell('N-CREATE', request.getAffectedSopInstanceUid(), request);
    this.done(responses.NCreateResponse, request, callback);
  }

  nSetRequest(request, callback) {
    this.tell('N-SET', request.getRequestedSopInstanceUid(), request);
    this.done(responses.NSetResponse, request, callback);
  }

  tell(operation, uid, request) {
    const { PerformedProcedureStepStatus: status, StudyInstanceUID: study } = request.getDataset().getElements();
    console.log(JSON.stringify({ operation, uid, status, study }));
  }

  done(kind, request, callback) {
    const response = kind.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

function notify([host, port, calling, called, study]) {
  const create = new requests.NCreateRequest(NOTICE, '2.25.49');
  create.setDataset(
    new Dataset({
      ReferencedPerformedProcedureStepSequence: [],
      StudyInstanceUID: study,
      ReferencedSeriesSequence: [
        {
          SeriesInstanceUID: '2.25.71',
          ReferencedSOPSequence: [
            {
              ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
              ReferencedSOPInstanceUID: '2.25.72',
              InstanceAvailability: 'ONLINE',
              RetrieveAETitle: calling,
            },
          ],
        },
      ],
    })
  );
  const client = new Client();
  create.on('response', (response) => console.log(JSON.stringify({ answered: response.getStatus() })));
  client.addRequest(create);
  client.on('networkError', (error) => console.log(JSON.stringify({ error: String(error) })));
  client.on('associationRejected', () => console.log(JSON.stringify({ error: 'rejected' })));
  client.send(host, Number(port), calling, called);
}

if (process.argv.length > 2) {
  notify(process.argv.slice(2));
} else {
  const server = new Server(Archive);
  server.on('networkError', (error) => console.error(error));
  server.listen(0);
  setTimeout(() => console.log(JSON.stringify({ port: server.server.address().port })), 200);
}
