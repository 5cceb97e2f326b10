"""Builds every flow that HTTP can set in motion out of the wired rooms."""

from auth_portal.entry.confirm import ConfirmEmail
from auth_portal.entry.native import IssueNonce, NativeSignIn
from auth_portal.entry.not_me import NotMe
from auth_portal.entry.register import Register
from auth_portal.entry.resend import ResendConfirmation
from auth_portal.entry.sign_in import SignIn
from auth_portal.entry.social import SocialCallback, SocialStart
from auth_portal.entry.social_exchange import SocialExchange
from auth_portal.http.flows import Flows
from auth_portal.passwords.change import ChangePassword
from auth_portal.passwords.forgot import ForgotPassword
from auth_portal.passwords.reset import ResetPassword
from auth_portal.profile.delete import DeleteAccount
from auth_portal.profile.email import ChangeEmail
from auth_portal.profile.events import ListEvents
from auth_portal.profile.export import ExportData
from auth_portal.profile.names import ChangeNames
from auth_portal.sessions.browse import ListSessions, RenameSession
from auth_portal.sessions.doubts import Doubts
from auth_portal.sessions.end import EndAll, EndOne, EndOthers, SignOut
from auth_portal.sessions.info import Inform
from auth_portal.sessions.recognise import Recognise
from auth_portal.sessions.rotate import Rotate
from auth_portal.social.handshake import Begin, Return
from auth_portal.social.identities import BeginLink, ListIdentities, RedeemLink, Unlink
from auth_portal.wiring import Wiring


def wire_flows(w: Wiring) -> Flows:
    """Every flow once."""
    forgot = wire_forgot(w)
    sessions, accounts, record, clock = w.stores.sessions, w.stores.accounts, w.record, w.clock
    tokens = (w.refresh_tokens, w.access_tokens)
    doubts = Doubts()
    return Flows(
        register=wire_register(w),
        sign_in=wire_sign_in(w),
        confirm_email=ConfirmEmail(
            accounts, w.tickets, w.stores.devices, w.post, w.gate, w.limits, record, clock, w.randomness
        ),
        resend_confirmation=ResendConfirmation(w.confirmation, record),
        not_me=NotMe(
            accounts, sessions, w.stores.devices, w.tickets, forgot, w.gate, w.limits, record, clock
        ),
        forgot_password=forgot,
        reset_password=wire_reset(w),
        change_password=wire_change_password(w),
        rotate=Rotate(sessions, *tokens, record, w.post, clock, w.rules, w.log, doubts),
        inform=Inform(sessions, *tokens, clock, w.rules, doubts),
        recognise=Recognise(sessions, w.access_tokens, clock, w.rules),
        sign_out=SignOut(sessions, *tokens, record, clock),
        end_one=EndOne(sessions, record, clock),
        end_others=EndOthers(sessions, record, clock),
        end_all=EndAll(accounts, record, clock),
        list_sessions=ListSessions(sessions, clock, w.rules),
        rename_session=RenameSession(sessions, record),
        device_cookies=w.device_cookies,
        change_names=ChangeNames(accounts, record, clock),
        change_email=ChangeEmail(accounts, w.prove, w.tickets, w.post, w.gate, w.limits, record),
        list_events=ListEvents(w.stores.journal),
        export_data=ExportData(accounts, sessions, w.stores.journal, w.gate, w.limits, record),
        delete_account=DeleteAccount(w.prove, w.remove),
        social_start=SocialStart(
            Begin(w.providers, w.tickets, w.settings.social, w.randomness),
            w.tickets,
            record,
            w.gate,
            w.limits,
            w.settings.social,
        ),
        social_callback=wire_callback(w),
        social_exchange=SocialExchange(accounts, w.tickets, w.admit, w.gate, w.limits),
        issue_nonce=IssueNonce(w.providers, w.tickets, w.gate, w.limits),
        native_sign_in=wire_native(w),
        list_identities=ListIdentities(accounts),
        begin_link=BeginLink(w.providers, w.tickets, clock, w.rules, w.settings.social),
        redeem_link=RedeemLink(accounts, sessions, w.tickets, w.notice, record, clock, w.randomness),
        unlink=Unlink(accounts, record),
    )


def wire_register(w: Wiring) -> Register:
    """Sign up."""
    return Register(
        accounts=w.stores.accounts,
        hasher=w.hasher,
        policy=w.policy,
        tickets=w.tickets,
        post=w.post,
        confirmation=w.confirmation,
        admit=w.admit,
        gate=w.gate,
        limits=w.limits,
        record=w.record,
        clock=w.clock,
        randomness=w.randomness,
        confirm_first=w.settings.http.confirm_first,
    )


def wire_sign_in(w: Wiring) -> SignIn:
    """Sign in."""
    return SignIn(
        accounts=w.stores.accounts,
        hasher=w.hasher,
        gate=w.gate,
        tries=w.tries,
        admit=w.admit,
        confirmation=w.confirmation,
        record=w.record,
        confirm_first=w.settings.http.confirm_first,
    )


def wire_forgot(w: Wiring) -> ForgotPassword:
    """Ask for a reset link."""
    return ForgotPassword(
        accounts=w.stores.accounts,
        tickets=w.tickets,
        post=w.post,
        gate=w.gate,
        limits=w.limits,
        record=w.record,
        clock=w.clock,
        rules=w.settings.passwords,
    )


def wire_reset(w: Wiring) -> ResetPassword:
    """Use it."""
    return ResetPassword(
        accounts=w.stores.accounts,
        tickets=w.tickets,
        hasher=w.hasher,
        policy=w.policy,
        devices=w.stores.devices,
        notice=w.notice,
        gate=w.gate,
        limits=w.limits,
        record=w.record,
        clock=w.clock,
    )


def wire_change_password(w: Wiring) -> ChangePassword:
    """Change it, signed in."""
    return ChangePassword(
        accounts=w.stores.accounts,
        sessions=w.stores.sessions,
        tickets=w.tickets,
        hasher=w.hasher,
        policy=w.policy,
        prove=w.prove,
        notice=w.notice,
        record=w.record,
        clock=w.clock,
    )


def wire_callback(w: Wiring) -> SocialCallback:
    """Back from a provider."""
    return SocialCallback(
        providers=w.providers,
        handshake=Return(w.tickets),
        settle=w.settle,
        tickets=w.tickets,
        admit=w.admit,
        record=w.record,
        gate=w.gate,
        limits=w.limits,
        rules=w.settings.social,
        sessions=w.rules,
    )


def wire_native(w: Wiring) -> NativeSignIn:
    """A provider's ID token from a native client."""
    return NativeSignIn(
        providers=w.providers,
        tickets=w.tickets,
        settle=w.settle,
        admit=w.admit,
        record=w.record,
        gate=w.gate,
        limits=w.limits,
        rules=w.settings.social,
    )
